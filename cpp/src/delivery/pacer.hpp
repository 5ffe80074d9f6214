// How fast requests follow each other: finds the rate that a target takes when it says 429 and not
// how long to wait, and stays just below it. Not thread-safe; time is an argument.
//
// Off until the first such answer. Then it climbs from what was accepted until it is refused, and
// follows a cubic curve around the rate at which that happened: most of the time close to it, and
// faster and faster beyond it once it holds no more. What a refusal costs depends on how much went
// well before it, so that a refusal in a hundred requests is about what it settles at.
// docs/delivery.md has the curve and the numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cxrelay/updater.hpp"
#include "delivery/rate_meter.hpp"

namespace cxrelay::delivery {

class Pacer {
 public:
  explicit Pacer(const PacePolicy& policy) noexcept : policy_(policy) {}

  // How many of `wanted` requests may start now.
  std::size_t grant(std::size_t wanted, std::int64_t now_us) noexcept;
  void on_start(std::size_t requests, std::int64_t now_us) noexcept;
  // When the next may start. Means something only if is_on().
  std::int64_t next_us() const noexcept { return next_us_; }
  bool is_on() const noexcept { return mode_ != Mode::off || policy_.max_requests_per_s > 0; }
  // Requests per second; infinite while it is off.
  double rate_per_s(std::int64_t now_us) const noexcept;

  // An answer that is not a refusal of this kind.
  void on_accepted(std::int64_t now_us) noexcept;
  // A request that was started at `started_us` was throttled. False if going slower is enough;
  // true if all must pause too: nothing is known yet, or the target refuses whatever comes.
  bool on_throttled(std::int64_t started_us, std::int64_t now_us) noexcept;
  // Nothing is sent before that time anyway: its curve starts then.
  void hold_until(std::int64_t opens_us) noexcept;

  // The target begins to fail: what it took until now is remembered.
  void on_outage(std::int64_t now_us) noexcept;
  // It works again, after `failed_probes` rounds of asking. It is loaded step by step.
  void on_recovery(int failed_probes, std::int64_t now_us) noexcept;

 private:
  enum class Mode { off, climb, cubic };

  void advance(std::int64_t now_us) noexcept;
  void climb(double from_per_s, double log2_growth, std::int64_t now_us) noexcept;
  void follow_curve(double ceiling, double keep, std::int64_t now_us) noexcept;
  double climbing(double seconds) const noexcept;
  double on_curve(double seconds) const noexcept;
  double period_s() const noexcept;
  std::int64_t interval_us(std::int64_t now_us) const noexcept;
  std::int64_t since_us(std::int64_t now_us) const noexcept;

  PacePolicy policy_;
  Mode mode_ = Mode::off;
  std::int64_t epoch_us_ = 0;  // the climb or the curve began
  double base_per_s_ = 0;      // climb: at its begin
  double log2_growth_ = 0;     // climb: per second
  double ceiling_per_s_ = 0;   // the rate that was refused; 0 = not known
  double keep_ = 0;            // curve: begins at this share of the ceiling
  std::int64_t next_us_ = INT64_MIN;
  std::int64_t bound_us_ = INT64_MIN;   // when it last held a request back
  std::int64_t slowed_us_ = INT64_MIN;  // when a refusal last counted
  std::int64_t off_us_ = INT64_MAX;     // when it forgets all
  int accepted_ = 0;                    // since slowed_us_
  int refusals_ = 0;                    // in a row
  double good_per_s_ = 0;               // before the outage
  RateMeter meter_;
};

}  // namespace cxrelay::delivery
