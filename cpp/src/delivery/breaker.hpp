// The circuit breaker of one target: leaves it alone while it fails, and finds out with a few small
// requests when it works again. Not thread-safe; time and randomness are arguments.
//
//   closed ── failures in a row, or most of the last 32 ──► open ── the wait is over ──► half_open
//     ▲                                                       ▲                             │
//     └──────────── 3 probes succeeded ───────────────────────┴──── a probe failed ─────────┘
//
// Each state is a term. A request belongs to the term in which it was started; what comes of it
// later tells nothing about the term that runs then.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cxrelay/updater.hpp"

namespace cxrelay::delivery {

class Breaker {
 public:
  static constexpr int kProbes = 3;  // successes in a row that close it

  enum class Change { none, opened, closed };

  explicit Breaker(const BreakerPolicy& policy) noexcept : policy_(policy) {}

  // Moves from open to half_open when it is time. To be called before anything is asked.
  void advance(std::int64_t now_us) noexcept;

  BreakerState state() const noexcept { return state_; }
  std::uint64_t term() const noexcept { return term_; }
  // Open: when the first probe may go.
  std::int64_t opens_us() const noexcept { return opens_us_; }
  // Half-open: probes that may start now. The first goes alone: most of the time it fails.
  std::size_t probes_left() const noexcept {
    const int wanted = successes_ == 0 ? 1 : kProbes - successes_;
    return static_cast<std::size_t>(std::max(wanted - probing_, 0));
  }
  // Times in a row that it opened and did not close.
  int openings() const noexcept { return openings_; }

  void on_start() noexcept {
    if (state_ == BreakerState::half_open) ++probing_;
  }
  // What came of a request of `term`. Failure: not sent, no whole answer, or the server's trouble.
  Change on_success(std::uint64_t term) noexcept;
  Change on_failure(std::uint64_t term, std::int64_t now_us, double uniform) noexcept;
  // It tells neither: throttled, refused by the client's token, cancelled.
  void on_nothing(std::uint64_t term) noexcept;

 private:
  void go(BreakerState state) noexcept;
  void remember(bool failed) noexcept;
  bool is_bad() const noexcept;

  BreakerPolicy policy_;
  BreakerState state_ = BreakerState::closed;
  std::uint64_t term_ = 1;
  std::int64_t opens_us_ = INT64_MIN;
  int openings_ = 0;
  int row_ = 0;               // closed: failures in a row
  std::uint32_t recent_ = 0;  // closed: the last 32 results, a bit each; 1 = failed
  int known_ = 0;             // how many of those bits mean something
  int probing_ = 0;           // half-open: probes on the wire
  int successes_ = 0;         // half-open: probes that succeeded
};

}  // namespace cxrelay::delivery
