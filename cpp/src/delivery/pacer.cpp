#include "delivery/pacer.hpp"

#include <algorithm>
#include <cmath>

namespace cxrelay::delivery {
namespace {

constexpr double kUsPerS = 1e6;
constexpr double kSlowest = 0.1;
constexpr double kFastest = 1e6;
// The first guess. Too much is corrected by a few answers, too little costs seconds.
constexpr double kFirstPerS = 5;
constexpr double kAfterOutagePerS = 10;
const double kSearchGrowth = std::log2(2.0);
// After an outage a step of a fifth a second: whoever limits the rate then is overrun by a fifth at
// most before it can say so.
const double kRecoveryGrowth = std::log2(1.2);
constexpr int kEvidence = 4;  // accepted requests without which a refusal says little of the rate
constexpr std::int64_t kForgetUs = 600'000'000;
constexpr std::int64_t kRecoveryUs = 60'000'000;
// A start that comes late may be followed by the next one early: by what sleeps are exact to, and by
// this share of the interval.
constexpr std::int64_t kCatchUpUs = 2'000;
constexpr std::int64_t kCatchUpShare = 8;
constexpr std::int64_t kIdleUs = 1'000'000;
// Of the curve: it is back at the ceiling after so long, and so many requests at least.
constexpr double kPeriodS = 8;
constexpr double kPeriodRequests = 150;
// In periods: from here on the ceiling counts as gone, and the rate climbs.
constexpr double kGone = 2.5;

std::int64_t to_us(double seconds) noexcept { return static_cast<std::int64_t>(seconds * kUsPerS); }

}  // namespace

// ---- the rate -------------------------------------------------------------------------------

double Pacer::climbing(double seconds) const noexcept {
  return base_per_s_ * std::exp2(std::min(log2_growth_ * seconds, 64.0));
}

double Pacer::period_s() const noexcept {
  return std::max(kPeriodS, kPeriodRequests / ceiling_per_s_);
}

double Pacer::on_curve(double seconds) const noexcept {
  const double period = period_s();
  const double x = std::min(seconds / period, kGone) - 1;
  const double rate = ceiling_per_s_ * (1 + (1 - keep_) * x * x * x);
  const double beyond_s = seconds - kGone * period;
  return beyond_s <= 0 ? rate : rate * std::exp2(std::min(kRecoveryGrowth * beyond_s, 64.0));
}

double Pacer::rate_per_s(std::int64_t now_us) const noexcept {
  const double most = policy_.max_requests_per_s > 0 ? policy_.max_requests_per_s : HUGE_VAL;
  if (mode_ == Mode::off) return most;
  const double seconds =
      static_cast<double>(std::max<std::int64_t>(now_us - epoch_us_, 0)) / kUsPerS;
  const double rate = mode_ == Mode::climb ? climbing(seconds) : on_curve(seconds);
  return std::min(std::clamp(rate, kSlowest, kFastest), most);
}

std::int64_t Pacer::interval_us(std::int64_t now_us) const noexcept {
  return std::max<std::int64_t>(to_us(1 / rate_per_s(now_us)), 1);
}

// From when on the time since the last start counts.
std::int64_t Pacer::since_us(std::int64_t now_us) const noexcept {
  if (next_us_ < now_us - kIdleUs) return now_us;  // it was not late, there was nothing to send
  return std::max(next_us_, now_us - std::max(kCatchUpUs, interval_us(now_us) / kCatchUpShare));
}

void Pacer::climb(double from_per_s, double log2_growth, std::int64_t now_us) noexcept {
  mode_ = Mode::climb;
  base_per_s_ = std::max(from_per_s, kSlowest);
  log2_growth_ = log2_growth;
  epoch_us_ = now_us;
}

void Pacer::follow_curve(double ceiling, double keep, std::int64_t now_us) noexcept {
  mode_ = Mode::cubic;
  ceiling_per_s_ = ceiling;
  keep_ = keep;
  epoch_us_ = now_us;
}

// What time alone changes.
void Pacer::advance(std::int64_t now_us) noexcept {
  if (mode_ == Mode::off) return;
  if (now_us >= off_us_) {
    mode_ = Mode::off;
    ceiling_per_s_ = 0;
    return;
  }
  const bool idle = now_us - kIdleUs - 2 * interval_us(now_us) > bound_us_;
  if (mode_ == Mode::climb) {
    const double rate = rate_per_s(now_us);
    // A rate that nobody uses proves nothing, so it does not grow.
    if (idle) climb(rate, log2_growth_, now_us);
    if (ceiling_per_s_ > 0 && rate >= keep_ * ceiling_per_s_)
      follow_curve(ceiling_per_s_, keep_, now_us);
  } else if (idle) {
    epoch_us_ = std::max(epoch_us_, now_us - to_us(period_s()));
  }
}

// ---- starting -------------------------------------------------------------------------------

std::size_t Pacer::grant(std::size_t wanted, std::int64_t now_us) noexcept {
  if (!is_on() || wanted == 0) return wanted;
  advance(now_us);
  if (!is_on()) return wanted;
  std::size_t may = 0;
  if (now_us >= next_us_) {
    const std::int64_t late_us = now_us - since_us(now_us);
    may = 1 + static_cast<std::size_t>(late_us / interval_us(now_us));
  }
  if (may >= wanted) return wanted;
  bound_us_ = now_us;
  return may;
}

void Pacer::on_start(std::size_t requests, std::int64_t now_us) noexcept {
  if (!is_on()) return;
  next_us_ = since_us(now_us) + static_cast<std::int64_t>(requests) * interval_us(now_us);
}

// ---- learning -------------------------------------------------------------------------------

void Pacer::on_accepted(std::int64_t now_us) noexcept {
  meter_.count(now_us);
  ++accepted_;
  refusals_ = 0;
}

bool Pacer::on_throttled(std::int64_t started_us, std::int64_t now_us) noexcept {
  if (!policy_.adaptive) return true;
  // Requests that were on the wire together are refused together.
  if (started_us <= slowed_us_) return false;
  slowed_us_ = now_us;
  off_us_ = now_us + kForgetUs;
  ++refusals_;
  if (mode_ == Mode::off) {
    climb(std::max(kFirstPerS, meter_.per_s(now_us)), kSearchGrowth, now_us);
    accepted_ = 0;
    return true;
  }
  if (refusals_ > 1) return true;
  const double rate = rate_per_s(now_us);
  if (mode_ == Mode::climb && accepted_ < kEvidence) {
    climb(rate * 0.7, log2_growth_, now_us);
  } else {
    follow_curve(rate, 1 - std::clamp(6.0 / std::max(accepted_, 1), 0.03, 0.3), now_us);
  }
  accepted_ = 0;
  next_us_ = std::max(next_us_, now_us + interval_us(now_us));
  return false;
}

void Pacer::hold_until(std::int64_t opens_us) noexcept {
  next_us_ = std::max(next_us_, opens_us);
  epoch_us_ = std::max(epoch_us_, opens_us);
}

void Pacer::on_outage(std::int64_t now_us) noexcept { good_per_s_ = meter_.per_s(now_us); }

void Pacer::on_recovery(int failed_probes, std::int64_t now_us) noexcept {
  if (!policy_.adaptive) return;
  double from = std::max(std::ldexp(good_per_s_, -failed_probes), kAfterOutagePerS);
  if (ceiling_per_s_ > 0) {
    from = std::min(from, keep_ * ceiling_per_s_);
    off_us_ = now_us + kForgetUs;
  } else {
    off_us_ = now_us + kRecoveryUs;
  }
  climb(from, kRecoveryGrowth, now_us);
  accepted_ = 0;
  next_us_ = now_us;
}

}  // namespace cxrelay::delivery
