#include "delivery/feeder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/units.hpp"

namespace cxrelay::delivery {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t kLongestGateUs = 3'600'000'000;
constexpr std::int64_t kHeartbeatUs = 5'000'000;
constexpr std::int64_t kStandbyUs = 250'000;  // a dead deliverer is followed within a second
constexpr std::int64_t kLookUs = 100'000;
constexpr std::int64_t kDryUs = 50'000;
constexpr std::int64_t kLeastWaitUs = 2'000;
constexpr Access::Quota kNoClaims{.requests = 0};
constexpr std::int64_t kStoreBackoffUs = 100'000;
constexpr std::int64_t kMaxStoreBackoffUs = 5'000'000;
constexpr int kStoreTriesAtTheEnd = 5;
// What an item adds to its payload in a batch: the path with its encoded id, the key, the frame.
constexpr std::size_t kItemOverhead = 768;

bool may_pass(StoreErrorKind kind) {
  return kind == StoreErrorKind::busy || kind == StoreErrorKind::full ||
         kind == StoreErrorKind::io || kind == StoreErrorKind::other;
}

}  // namespace

Feeder::Feeder(const Parts& parts)
    : parts_(parts), exchange_(*parts.exchange), reserve_(parts.options.max_in_flight) {}

void Feeder::run() noexcept {
  try {
    if (take_office()) deliver();
  } catch (const FencedError&) {
    parts_.reporter.fenced();
    exchange_.abandon(StopReason::fenced);
  } catch (const std::exception& error) {
    parts_.reporter.failed(why(error));
    exchange_.abandon(StopReason::failed);
  }
  leave_office();
}

// Becomes the deliverer. False if the run ends before that.
bool Feeder::take_office() {
  bool told = false;
  while (!exchange_.ending()) {
    try {
      if (parts_.queue.elect(limits(kNoClaims, kept_gate_us_))) {
        exchange_.set_standby(false);
        recall_gate();
        return true;
      }
      if (!exchange_.background()) {
        exchange_.end(StopReason::not_elected);
        return false;
      }
      if (!std::exchange(told, true)) parts_.reporter.standing_by();
      exchange_.set_standby(true);
      exchange_.pause(microseconds(kStandbyUs));
    } catch (const StoreError& error) {
      on_store_trouble(error);
    }
  }
  return false;
}

// A pause that the target asked the deliverer before us to make. That was wall time: if the clock
// was set since, it may seem to be a day away, and then no more than the longest pause is kept.
void Feeder::recall_gate() {
  const std::int64_t longest_us =
      std::min(kLongestGateUs, parts_.options.retry.max_retry_after_ms * kUsPerMs);
  const std::int64_t until_us = parts_.queue.gate_until_us(parts_.target.name);
  const std::int64_t left_us = std::min(until_us - parts_.clock.wall_us(), longest_us);
  if (until_us != 0 && left_us > 0)
    parts_.access.close_gate_until(parts_.clock.mono_us() + left_us);
  kept_gate_us_ = parts_.access.gate_opens_us();
}

void Feeder::leave_office() noexcept {
  try {
    parts_.queue.on_put({});
    parts_.queue.resign();
  } catch (const FencedError&) {  // told already, and there is nothing left to give up
  } catch (const std::exception& error) {
    parts_.reporter.failed(why(error));
  }
  if (!settlements_.empty()) parts_.reporter.unsettled(settlements_.size());
  parts_.reporter.flush_losses(parts_.clock.mono_us(), true);
}

void Feeder::deliver() {
  parts_.queue.on_put([exchange = parts_.exchange] { exchange->poke(); });
  transacted_us_ = in_office_us_ = parts_.clock.mono_us();
  while (take_turn()) {
    keep_office();
  }
}

// Whoever took over from a hanging deliverer gets the lock once that one has gone, so that its own death is noticed
// at once.
void Feeder::keep_office() {
  const std::int64_t now_us = parts_.clock.mono_us();
  if (now_us - in_office_us_ < kHeartbeatUs) return;
  in_office_us_ = now_us;
  try {
    parts_.queue.elect(limits(kNoClaims, kept_gate_us_));
  } catch (const StoreError& error) {
    on_store_trouble(error);
  }
}

// False when all is done: the sender has gone and its last settlements are recorded.
bool Feeder::take_turn() {
  const bool last = exchange_.sender_gone();
  std::ranges::move(exchange_.take_finished(), std::back_inserter(settlements_));
  if (!settlements_.empty()) {
    transact(quota());
    return !gives_up();
  }
  if (last) return false;
  look_for_work();
  return !gives_up();
}

void Feeder::look_for_work() {
  std::optional<std::int64_t> due_us;
  try {
    due_us = parts_.queue.next_due_us();
  } catch (const StoreError& error) {
    on_store_trouble(error);
    return;
  }
  if (claim_due(due_us)) {
    transact(quota());
  } else if (heartbeat_due()) {
    transact(kNoClaims);
  } else {
    rest(due_us);
  }
}

// At the end there is no waiting for a store that stays broken. What is not recorded has started
// and not finished, so the next deliverer finds it as UNKNOWN.
bool Feeder::gives_up() const {
  if (store_failures_ == 0 || !exchange_.ending()) return false;
  return store_failures_ >= kStoreTriesAtTheEnd ||
         Exchange::SteadyClock::now() >= exchange_.deadline();
}

// What may be claimed now. On an idle wire what it has room for goes first and alone: the reserve is
// claimed while that is on its way.
Access::Quota Feeder::quota() const {
  if (exchange_.ending()) return kNoClaims;
  Access::Quota quota = parts_.access.quota(exchange_.ready(), parts_.clock.mono_us());
  const std::size_t held = exchange_.held();
  const std::size_t on_wire = parts_.options.max_in_flight;
  const std::size_t most = held == 0 ? on_wire : on_wire + reserve_.size();
  quota.requests = std::min(quota.requests, most - std::min(held, most));
  return quota;
}

bool Feeder::claim_due(std::optional<std::int64_t> due_us) const {
  return due_us && *due_us <= parts_.clock.wall_us() && !dry_ && room() > 0;
}

bool Feeder::heartbeat_due() const {
  return parts_.clock.mono_us() - transacted_us_ >= kHeartbeatUs;
}

// Waits for whatever comes first: news, an answer, the next due update, the gate, the heartbeat.
void Feeder::rest(std::optional<std::int64_t> due_us) {
  parts_.reporter.flush_losses(parts_.clock.mono_us(), !due_us);
  if (!due_us) exchange_.rest();
  const std::int64_t now_us = parts_.clock.mono_us();
  std::int64_t wait_us = transacted_us_ + kHeartbeatUs - now_us;
  if (!parts_.access.is_open(now_us)) {
    wait_us = std::min(wait_us, parts_.access.opens_us() - now_us);
  } else if (due_us) {
    wait_us = std::min(wait_us, until_claim_us(*due_us - parts_.clock.wall_us(), now_us));
  }
  dry_ = false;
  wait_us = std::max<std::int64_t>(wait_us, 0);
  if (due_us && *due_us <= parts_.clock.wall_us()) {
    exchange_.wait(microseconds(wait_us));
  } else {
    await_foreign_put(wait_us);
  }
}

// A put of another process wakes nobody, so it is looked for now and then.
void Feeder::await_foreign_put(std::int64_t wait_us) {
  try {
    for (; wait_us > kLookUs; wait_us -= kLookUs) {
      if (exchange_.wait(microseconds(kLookUs)) || parts_.queue.changed()) return;
    }
  } catch (const StoreError& error) {
    return on_store_trouble(error);
  }
  exchange_.wait(microseconds(wait_us));
}

// How long it makes no sense to look again, if nothing happens.
std::int64_t Feeder::until_claim_us(std::int64_t due_in_us, std::int64_t now_us) const {
  if (due_in_us > 0 || (!dry_ && room() > 0)) return due_in_us;
  // The pace or the retry budget holds back what is due: both give way as time goes by.
  const std::int64_t more_us = parts_.access.more_us(now_us);
  if (more_us != INT64_MAX) return std::max(more_us - now_us, kLeastWaitUs);
  return dry_ ? kDryUs : INT64_MAX;
}

// One durable step: records what is settled, and claims up to `quota`.
void Feeder::transact(Access::Quota quota) {
  const bool only_claims = settlements_.empty() && quota.requests > 0;
  std::optional<Token> token;
  if (quota.requests > 0) token = fetch_token();
  if (!token) quota.requests = 0;
  if (only_claims && quota.requests == 0) return;
  try {
    const std::int64_t gate_opens_us = parts_.access.gate_opens_us();
    std::vector<Claim> claims =
        parts_.queue.settle_and_claim(settlements_, limits(quota, gate_opens_us));
    kept_gate_us_ = gate_opens_us;
    recorded();
    dry_ = only_claims && claims.empty();
    if (token) hand_over(std::move(claims), *token);
  } catch (const StoreError& error) {
    on_store_trouble(error);
  }
}

// None if there is no token; then the gate is closed, or the run ends.
std::optional<Feeder::Token> Feeder::fetch_token() {
  // The term is asked for first: a refusal that comes in between belongs to the token before.
  const std::uint64_t term = parts_.access.next_term();
  try {
    return Token{parts_.tokens.token(), term};
  } catch (const AuthError& error) {
    parts_.reporter.credentials_refused(error.what());
    exchange_.end(StopReason::auth);
  } catch (const TransportError& error) {
    const auto consequence =
        parts_.access.on_no_token(parts_.clock.mono_us(), parts_.random.uniform());
    if (consequence.first_failure) parts_.reporter.no_token(error.what());
  }
  return std::nullopt;
}

ClaimLimits Feeder::limits(const Access::Quota& quota, std::int64_t gate_opens_us) const {
  const Target& target = parts_.target;
  ClaimLimits limits;
  limits.max_requests = quota.requests;
  limits.max_updates = std::min(quota.updates, target.max_updates);
  limits.max_retries = quota.retries;
  limits.max_bytes = target.max_body_bytes -
                     std::min(target.max_body_bytes / 2, target.max_updates * kItemOverhead);
  limits.target = target.name;
  limits.idempotent = target.idempotent || target.read_back.has_value();
  limits.unknown_wait_ms = unknown_wait_ms(target);
  if (gate_opens_us != kept_gate_us_)
    limits.gate_until_us = parts_.clock.wall_us() + gate_opens_us - parts_.clock.mono_us();
  return limits;
}

// The settlements are on disk.
void Feeder::recorded() {
  transacted_us_ = parts_.clock.mono_us();
  if (std::exchange(store_failures_, 0) > 0) parts_.reporter.store_recovered();
  if (settlements_.empty()) return;
  for (const Settlement& settlement : settlements_) {
    parts_.tally.add(settlement);
    parts_.reporter.add_losses(settlement);
  }
  reserve_.on_group(settlements_.size());
  settlements_.clear();
  parts_.reporter.flush_losses(transacted_us_);
}

void Feeder::hand_over(std::vector<Claim> claims, const Token& token) {
  Jobs jobs;
  jobs.reserve(claims.size());
  for (Claim& claim : claims) {
    HttpRequest request = encode_request(parts_.target, claim);
    if (request.body.size() > parts_.target.max_body_bytes) {
      settlements_.push_back(refuse_size(claim));
      continue;
    }
    request.headers.push_back("Authorization: Bearer " + token.text);
    auto job = std::make_unique<Job>();
    job->claim = std::move(claim);
    job->request = std::move(request);
    job->token = token.text;
    job->token_term = token.term;
    job->has_retries = std::ranges::any_of(
        job->claim.updates, [](const ClaimedUpdate& update) { return update.attempts > 0; });
    job->places_to_read = places_to_read(parts_.target, job->claim);
    jobs.push_back(std::move(job));
  }
  exchange_.offer(std::move(jobs));
}

// The settlements stay; the sender goes on with what it has.
void Feeder::on_store_trouble(const StoreError& error) {
  if (!may_pass(error.kind())) throw error;
  parts_.reporter.store_trouble(error.what(), settlements_.size());
  const std::int64_t backoff_us =
      std::min(kStoreBackoffUs << std::min(store_failures_, 10), kMaxStoreBackoffUs);
  ++store_failures_;
  exchange_.pause(microseconds(backoff_us));
}

}  // namespace cxrelay::delivery
