#include "delivery/access.hpp"

#include "delivery/retry_policy.hpp"

namespace cxrelay::delivery {

Access::Consequence Access::on_answer(const Judgement& judgement, const Job& job, int status,
                                      std::int64_t now_mono_us, double uniform) {
  const std::lock_guard lock(mutex_);
  if (judgement.envelope == Class::not_sent || judgement.throttled)
    return close(job.started_us, now_mono_us, judgement, uniform);
  Consequence consequence;
  if (judgement.envelope == Class::unknown) return consequence;
  consequence.recovered = gate_.count_success(job.started_us);
  if (judgement.envelope == Class::completed) token_watch_.on_success(job.token_term);
  if (judgement.envelope != Class::auth) return consequence;
  // 403: the token is good and the client may not do this; another token would not help.
  const auto advice =
      status == 401 ? token_watch_.on_refusal(job.token_term) : TokenWatch::Advice::stop;
  consequence.reject_token = status == 401 && advice != TokenWatch::Advice::known;
  consequence.stop = advice == TokenWatch::Advice::stop;
  return consequence;
}

Access::Consequence Access::on_no_token(std::int64_t now_mono_us, double uniform) {
  const std::lock_guard lock(mutex_);
  Judgement unreachable;
  unreachable.envelope = Class::not_sent;
  return close(now_mono_us, now_mono_us, unreachable, uniform);
}

Access::Consequence Access::close(std::int64_t started_us, std::int64_t now_mono_us,
                                  const Judgement& judgement, double uniform) {
  const bool was_good = gate_.failures() == 0;
  const int failures_before = gate_.count_failure(started_us, now_mono_us);
  const std::int64_t base_ms = judgement.throttled ? policy_.throttled_base_ms : policy_.base_ms;
  const std::int64_t pause_ms =
      judgement.throttled && judgement.retry_after_ms
          ? obeyed_ms(*judgement.retry_after_ms, policy_, uniform)
          : full_jitter_ms(base_ms, failures_before, policy_.max_delay_ms, uniform);
  gate_.close_until(now_mono_us + pause_ms * 1000);
  Consequence consequence;
  consequence.gate_closed = true;
  consequence.gate_opens_us = gate_.opens_us();
  consequence.first_failure = was_good;
  return consequence;
}

bool Access::is_open(std::int64_t now_mono_us) const {
  const std::lock_guard lock(mutex_);
  return gate_.is_open(now_mono_us);
}

std::int64_t Access::opens_us() const {
  const std::lock_guard lock(mutex_);
  return gate_.opens_us();
}

bool Access::allows(const Job& job, std::int64_t now_mono_us) const {
  const std::lock_guard lock(mutex_);
  return gate_.is_open(now_mono_us) && !token_watch_.is_refused(job.token_term);
}

std::uint64_t Access::next_term() const {
  const std::lock_guard lock(mutex_);
  return token_watch_.next_term();
}

}  // namespace cxrelay::delivery
