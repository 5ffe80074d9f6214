#include "delivery/breaker.hpp"

#include <algorithm>
#include <bit>

namespace cxrelay::delivery {
namespace {

constexpr int kWindow = 32;
// A target that answers a third of the requests is better used than left alone: the retry budget
// holds it together. Only one that fails nearly always is in an outage.
constexpr int kBadOfWindow = 26;

// Doubles with each opening in a row; between half and all of it, so that many clients of one
// target do not come back together.
std::int64_t wait_us(const BreakerPolicy& policy, int openings, double uniform) noexcept {
  std::int64_t ms = policy.wait_ms;
  for (int i = 1; i < openings && ms < policy.max_wait_ms; ++i) ms *= 2;
  ms = std::min(ms, policy.max_wait_ms);
  return static_cast<std::int64_t>(static_cast<double>(ms) * 1000.0 * (0.5 + uniform / 2));
}

}  // namespace

void Breaker::go(BreakerState state) noexcept {
  state_ = state;
  ++term_;
  row_ = 0;
  recent_ = 0;
  known_ = 0;
  probing_ = 0;
  successes_ = 0;
}

void Breaker::advance(std::int64_t now_us) noexcept {
  if (state_ == BreakerState::open && now_us >= opens_us_) go(BreakerState::half_open);
}

void Breaker::remember(bool failed) noexcept {
  row_ = failed ? row_ + 1 : 0;
  recent_ = (recent_ << 1) | (failed ? 1U : 0U);
  known_ = std::min(known_ + 1, kWindow);
}

bool Breaker::is_bad() const noexcept {
  return row_ >= policy_.failures || (known_ == kWindow && std::popcount(recent_) >= kBadOfWindow);
}

Breaker::Change Breaker::on_success(std::uint64_t term) noexcept {
  if (term != term_ || state_ == BreakerState::open) return Change::none;
  if (state_ == BreakerState::closed) {
    remember(false);
    return Change::none;
  }
  --probing_;
  if (++successes_ < kProbes) return Change::none;
  openings_ = 0;
  go(BreakerState::closed);
  return Change::closed;
}

Breaker::Change Breaker::on_failure(std::uint64_t term, std::int64_t now_us,
                                    double uniform) noexcept {
  if (term != term_ || state_ == BreakerState::open || policy_.failures == 0) return Change::none;
  if (state_ == BreakerState::closed) {
    remember(true);
    if (!is_bad()) return Change::none;
  }
  ++openings_;
  go(BreakerState::open);
  opens_us_ = now_us + wait_us(policy_, openings_, uniform);
  return Change::opened;
}

void Breaker::on_nothing(std::uint64_t term) noexcept {
  if (term == term_ && state_ == BreakerState::half_open) --probing_;
}

}  // namespace cxrelay::delivery
