#include "delivery/access.hpp"

#include <algorithm>
#include <cmath>

#include "base/units.hpp"
#include "delivery/retry_policy.hpp"

namespace cxrelay::delivery {
namespace {

// Claimed ahead of the pace, so that the disk does not disturb it. What is claimed and not sent is
// UNKNOWN if the process dies: so not more.
constexpr double kAheadS = 0.1;
constexpr std::size_t kAhead = 2;

std::size_t minus(std::size_t a, std::size_t b) noexcept { return a - std::min(a, b); }

// The target had its chance and most of what it was sent has to come again.
bool is_lost(const Judgement& judgement) {
  switch (judgement.envelope) {
    case Class::throttled:
    case Class::transient:
    case Class::unknown:
      return true;
    default:
      break;
  }
  const auto comes_again = std::ranges::count_if(judgement.items, [](Class item) {
    return item == Class::throttled || item == Class::transient || item == Class::unknown;
  });
  return static_cast<std::size_t>(comes_again) * 2 > judgement.items.size();
}

// Whether the target takes no more for now. An item that is put off in a batch whose others are taken has a limit of
// its own: its interaction waits, but the others need not come slower.
bool refuses_rate(const Judgement& judgement) {
  return judgement.throttled &&
         std::ranges::find(judgement.items, Class::completed) == judgement.items.end();
}

}  // namespace

Access::Access(const UpdaterOptions& options, std::size_t max_updates)
    : policy_(options.retry),
      breaker_(options.breaker),
      pacer_(options.pace),
      budget_(options.retry.budget_tokens, options.retry.retry_cost),
      batch_(max_updates) {}

// ---- claiming -------------------------------------------------------------------------------

Access::Quota Access::quota(std::size_t ready, std::int64_t now_mono_us) {
  const std::lock_guard lock(mutex_);
  breaker_.advance(now_mono_us);
  Quota quota;
  if (!gate_.is_open(now_mono_us) || breaker_.state() == BreakerState::open) {
    quota.requests = 0;
    return quota;
  }
  if (breaker_.state() == BreakerState::half_open) {
    // One update each: it risks little, and one that is itself the trouble proves nothing about the
    // others. The budget does not matter: there may be nothing but retries.
    quota.requests = minus(breaker_.probes_left(), ready);
    quota.updates = 1;
    return quota;
  }
  quota.updates = batch_.size();
  quota.retries = budget_.allowed(now_mono_us);
  if (pacer_.is_on()) {
    const double rate = std::min(pacer_.rate_per_s(now_mono_us), 1e6);
    quota.requests = minus(kAhead + static_cast<std::size_t>(rate * kAheadS), ready);
  }
  return quota;
}

bool Access::is_open(std::int64_t now_mono_us) {
  const std::lock_guard lock(mutex_);
  breaker_.advance(now_mono_us);
  return gate_.is_open(now_mono_us) && breaker_.state() != BreakerState::open;
}

std::int64_t Access::opens_us() const {
  const std::lock_guard lock(mutex_);
  if (breaker_.state() != BreakerState::open) return gate_.opens_us();
  return std::max(gate_.opens_us(), breaker_.opens_us());
}

std::int64_t Access::more_us(std::int64_t now_mono_us) const {
  const std::lock_guard lock(mutex_);
  std::int64_t more_us = INT64_MAX;
  if (budget_.allowed(now_mono_us) == 0) more_us = budget_.trickle_us();
  if (pacer_.is_on()) more_us = std::min(more_us, std::max(pacer_.next_us(), now_mono_us));
  return more_us;
}

std::uint64_t Access::next_term() const {
  const std::lock_guard lock(mutex_);
  return token_watch_.next_term();
}

// ---- starting -------------------------------------------------------------------------------

bool Access::Permit::keeps(const Job& job) noexcept {
  if (stays == 0 || job.token_term <= refused_term) return false;
  const bool is_retry = job.sends_again();
  if (is_retry && retries == 0) return false;
  --stays;
  if (is_retry) --retries;
  return true;
}

Access::Permit Access::permit(std::size_t wanted, std::int64_t now_mono_us) {
  const std::lock_guard lock(mutex_);
  breaker_.advance(now_mono_us);
  Permit permit;
  if (!gate_.is_open(now_mono_us) || breaker_.state() == BreakerState::open) return permit;
  permit.refused_term = token_watch_.next_term() - 1;
  const bool probing = breaker_.state() == BreakerState::half_open;
  permit.stays = probing ? breaker_.probes_left() : SIZE_MAX;
  permit.retries = probing ? SIZE_MAX : budget_.allowed(now_mono_us);
  permit.starts = pacer_.grant(std::min(wanted, permit.stays), now_mono_us);
  return permit;
}

void Access::on_start(const Jobs& jobs, std::int64_t now_mono_us) {
  if (jobs.empty()) return;
  const std::lock_guard lock(mutex_);
  pacer_.on_start(jobs.size(), now_mono_us);
  const bool probing = breaker_.state() == BreakerState::half_open;
  for (const auto& job : jobs) {
    breaker_.on_start();
    job->breaker_term = breaker_.term();
    job->is_probe = probing;
    if (job->sends_again() && !probing) job->retry_cost = budget_.take(now_mono_us);
  }
}

std::int64_t Access::next_start_us() const {
  const std::lock_guard lock(mutex_);
  return pacer_.is_on() ? pacer_.next_us() : INT64_MIN;
}

// ---- learning -------------------------------------------------------------------------------

Access::Consequence Access::on_answer(const Judgement& judgement, const Job& job, int status,
                                      std::int64_t now_mono_us, double uniform) {
  const std::lock_guard lock(mutex_);
  Consequence consequence;
  learn_health(judgement.envelope, job, now_mono_us, uniform, consequence);
  learn_load(judgement, job, status, now_mono_us);
  learn_access(judgement, job, status, now_mono_us, uniform, consequence);
  return consequence;
}

Access::Consequence Access::on_read(const Judgement& judgement, const Job& job, int status,
                                    std::int64_t now_mono_us, double uniform) {
  const std::lock_guard lock(mutex_);
  Consequence consequence;
  learn_health(judgement.envelope, job, now_mono_us, uniform, consequence);
  learn_access(judgement, job, status, now_mono_us, uniform, consequence);
  return consequence;
}

// Whether it may be asked: gate and token.
void Access::learn_access(const Judgement& judgement, const Job& job, int status,
                          std::int64_t now_mono_us, double uniform, Consequence& consequence) {
  if (judgement.envelope == Class::not_sent || judgement.throttled) {
    close(job.started_us, now_mono_us, judgement, uniform, consequence);
  } else if (judgement.envelope != Class::unknown) {
    consequence.recovered = gate_.count_success(job.started_us);
    if (judgement.envelope == Class::completed) token_watch_.on_success(job.token_term);
    if (judgement.envelope == Class::auth) learn_token(job, status, consequence);
  }
}

// Whether the target works at all: only of interest to the breaker.
void Access::learn_health(Class envelope, const Job& job, std::int64_t now_mono_us, double uniform,
                          Consequence& consequence) {
  const int openings = breaker_.openings();
  auto change = Breaker::Change::none;
  switch (envelope) {
    case Class::not_sent:
    case Class::transient:
    case Class::unknown:
      change = breaker_.on_failure(job.breaker_term, now_mono_us, uniform);
      break;
    case Class::throttled:
    case Class::auth:
      breaker_.on_nothing(job.breaker_term);
      break;
    case Class::completed:
    case Class::split:
    case Class::permanent:
      change = breaker_.on_success(job.breaker_term);
      break;
  }
  consequence.target_down = job.is_probe || breaker_.state() != BreakerState::closed;
  consequence.breaker_closed = change == Breaker::Change::closed;
  consequence.breaker_opened = change == Breaker::Change::opened && openings == 0;
  if (consequence.breaker_opened) pacer_.on_outage(now_mono_us);
  if (!consequence.breaker_closed) return;
  // The pace sees to it that what has piled up does not come all at once.
  pacer_.on_recovery(openings, now_mono_us);
  budget_.refill();
}

// How much it takes: budget, batch size, pace.
void Access::learn_load(const Judgement& judgement, const Job& job, int status,
                        std::int64_t now_mono_us) {
  const std::size_t updates = job.claim.updates.size();
  if (judgement.envelope == Class::not_sent || judgement.envelope == Class::auth) {
    budget_.give_back(job.retry_cost);
  } else if (!is_lost(judgement)) {
    budget_.on_success(job.retry_cost);
  }
  if (status == 413) {
    batch_.on_too_large(updates, job.started_us, now_mono_us);
  } else if (judgement.envelope == Class::throttled) {
    batch_.on_throttled(updates, job.started_us, now_mono_us);
  } else if (judgement.envelope == Class::completed && !judgement.throttled) {
    batch_.on_success(updates);
  }
  const bool answered =
      judgement.envelope != Class::not_sent && judgement.envelope != Class::unknown;
  if (answered && !refuses_rate(judgement)) pacer_.on_accepted(now_mono_us);
}

void Access::close(std::int64_t started_us, std::int64_t now_mono_us, const Judgement& judgement,
                   double uniform, Consequence& consequence) {
  const bool server_says = judgement.throttled && judgement.retry_after_ms;
  if (refuses_rate(judgement) && !server_says && !pacer_.on_throttled(started_us, now_mono_us))
    return;  // going slower is enough
  const bool was_good = gate_.failures() == 0;
  const int failures_before = gate_.count_failure(started_us, now_mono_us);
  const std::int64_t base_ms = judgement.throttled ? policy_.throttled_base_ms : policy_.base_ms;
  const std::int64_t pause_ms =
      server_says ? obeyed_ms(*judgement.retry_after_ms, policy_, uniform)
                  : full_jitter_ms(base_ms, failures_before, policy_.max_delay_ms, uniform);
  gate_.close_until(now_mono_us + pause_ms * kUsPerMs);
  pacer_.hold_until(gate_.opens_us());
  consequence.gate_closed = true;
  consequence.gate_opens_us = gate_.opens_us();
  consequence.first_failure = was_good;
}

void Access::learn_token(const Job& job, int status, Consequence& consequence) {
  // 403: the token is good and the client may not do this; another token would not help.
  const auto advice =
      status == 401 ? token_watch_.on_refusal(job.token_term) : TokenWatch::Advice::stop;
  consequence.reject_token = status == 401 && advice != TokenWatch::Advice::known;
  consequence.stop = advice == TokenWatch::Advice::stop;
}

void Access::on_cancelled(const Job& job) {
  const std::lock_guard lock(mutex_);
  breaker_.on_nothing(job.breaker_term);
  budget_.give_back(job.retry_cost);
}

Access::Consequence Access::on_no_token(std::int64_t now_mono_us, double uniform) {
  const std::lock_guard lock(mutex_);
  Judgement unreachable;
  unreachable.envelope = Class::not_sent;
  Consequence consequence;
  close(now_mono_us, now_mono_us, unreachable, uniform, consequence);
  return consequence;
}

// ---- the gate's time, and what a person may see ---------------------------------------------

std::int64_t Access::gate_opens_us() const {
  const std::lock_guard lock(mutex_);
  return gate_.opens_us();
}

void Access::close_gate_until(std::int64_t opens_mono_us) {
  const std::lock_guard lock(mutex_);
  gate_.close_until(opens_mono_us);
  pacer_.hold_until(opens_mono_us);
}

TargetState Access::state(std::int64_t now_mono_us) {
  const std::lock_guard lock(mutex_);
  breaker_.advance(now_mono_us);
  TargetState state;
  if (!gate_.is_open(now_mono_us))
    state.gate_closed_ms = (gate_.opens_us() - now_mono_us + kUsPerMs - 1) / kUsPerMs;
  state.breaker = breaker_.state();
  state.retry_tokens = budget_.tokens();
  const double rate = pacer_.rate_per_s(now_mono_us);
  state.requests_per_s = std::isinf(rate) ? 0 : rate;
  state.batch_updates = batch_.size();
  return state;
}

}  // namespace cxrelay::delivery
