#include "delivery/retry_policy.hpp"

#include <algorithm>

#include "base/units.hpp"

namespace cxrelay::delivery {
namespace {

// min(max, base * 2^n) without overflow.
std::int64_t ceiling_ms(std::int64_t base_ms, int n, std::int64_t max_ms) noexcept {
  std::int64_t ms = std::min(base_ms, max_ms);
  for (int i = 0; i < n && ms > 0 && ms < max_ms; ++i) ms = ms > max_ms / 2 ? max_ms : ms * 2;
  return std::max<std::int64_t>(ms, 0);
}

std::int64_t base_ms(const RetryPolicy& policy, Class verdict) noexcept {
  return verdict == Class::throttled ? policy.throttled_base_ms : policy.base_ms;
}

Decision again_at(const RetryPolicy& policy, const Attempt& attempt, Outcome outcome,
                  std::int64_t due_us) noexcept {
  const std::int64_t not_before_us = std::max(due_us, attempt.earliest_us);
  // An update that would be too old by then has had its last try.
  if (not_before_us - attempt.accepted_us > policy.max_age_ms * kUsPerMs)
    return {Outcome::dead, 0, Limit::age};
  return {outcome, not_before_us, Limit::none};
}

Decision retry(const RetryPolicy& policy, const Attempt& attempt, double uniform) noexcept {
  if (!attempt.target_down && attempt.attempts_before + 1 >= policy.max_attempts)
    return {Outcome::dead, 0, Limit::attempts};
  if (attempt.verdict == Class::throttled && attempt.server_said_when)
    return again_at(policy, attempt, Outcome::retry, attempt.now_us);
  const std::int64_t delay_ms = full_jitter_ms(
      base_ms(policy, attempt.verdict), attempt.attempts_before, policy.max_delay_ms, uniform);
  return again_at(policy, attempt, Outcome::retry, attempt.now_us + delay_ms * kUsPerMs);
}

// It may have been applied: where twice is not once it is sent again only after a look, and never
// given up as if it had not been.
Decision unclear(const RetryPolicy& policy, const Attempt& attempt, double uniform) noexcept {
  if (!attempt.idempotent && !attempt.is_read_back) return {Outcome::parked, 0, Limit::none};
  Decision decision = retry(policy, attempt, uniform);
  if (!attempt.idempotent && decision.outcome == Outcome::dead) decision.outcome = Outcome::parked;
  return decision;
}

}  // namespace

std::int64_t full_jitter_ms(std::int64_t base, int n, std::int64_t max_delay_ms,
                            double uniform) noexcept {
  return static_cast<std::int64_t>(uniform *
                                   static_cast<double>(ceiling_ms(base, n, max_delay_ms)));
}

std::int64_t obeyed_ms(std::int64_t retry_after_ms, const RetryPolicy& policy,
                       double uniform) noexcept {
  const std::int64_t asked_ms = std::min(retry_after_ms, policy.max_retry_after_ms);
  const std::int64_t jitter_ms = full_jitter_ms(policy.base_ms, 0, policy.max_delay_ms, uniform);
  return std::min(asked_ms + jitter_ms, policy.max_retry_after_ms);
}

Decision decide(const RetryPolicy& policy, const Attempt& attempt, double uniform) noexcept {
  switch (attempt.verdict) {
    case Class::completed:
      return {Outcome::completed, 0, Limit::none};
    case Class::permanent:
      return {Outcome::dead, 0, Limit::none};
    case Class::split:
      return {Outcome::split, 0, Limit::none};
    // Says nothing about the update: it is kept whatever its attempts are.
    case Class::auth:
      return {Outcome::retry, attempt.now_us, Limit::none};
    // Costs no attempt; the target's gate holds everybody back, so the update itself needs no
    // delay.
    case Class::not_sent:
      return again_at(policy, attempt, Outcome::released, attempt.now_us);
    case Class::unknown:
      return unclear(policy, attempt, uniform);
    case Class::throttled:
    case Class::transient:
      return retry(policy, attempt, uniform);
  }
  return {Outcome::parked, 0, Limit::none};
}

}  // namespace cxrelay::delivery
