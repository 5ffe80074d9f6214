#include "worker.hpp"

#include <algorithm>
#include <utility>

#include "base/units.hpp"
#include "delivery/judge.hpp"

namespace cxrelay::simulation {
namespace {

constexpr std::size_t kMaxInFlight = 3;
const RetryPolicy kPolicy;

}  // namespace

void Worker::step() {
  if (hangs()) return;
  if (may_fail_ && around_.dice.chance(around_.profile.crash)) return crash();
  for (const auto& [number, reply] : std::exchange(inbox_, {})) on_reply(number, reply);
  send_unsent();
  if (!queue_) queue_ = around_.open();
  if (elected_ || take_office()) exchange();
}

bool Worker::take_office() {
  elected_ = queue_->elect(limits());
  return elected_;
}

void Worker::crash() {
  if (!flights_.empty()) ++around_.truth.seen["crashed with requests open"];
  queue_.reset();
  elected_ = false;
  hangs_until_us_ = 0;
  gate_opens_us_ = 0;
  flights_.clear();
  unsent_.clear();
  settled_.clear();
  inbox_.clear();
}

ClaimLimits Worker::limits() const {
  ClaimLimits limits;
  const bool open = around_.clock.mono_us() >= gate_opens_us_;
  limits.max_requests = open ? kMaxInFlight - std::min(kMaxInFlight, flights_.size()) : 0;
  limits.max_updates = 4;
  if (may_fail_ && around_.dice.chance(0.3)) limits.max_retries = around_.dice.index(3);
  limits.target = around_.target.name;
  limits.idempotent = around_.target.idempotent;
  return limits;
}

// One durable step, as the feeder of an updater makes it.
void Worker::exchange() {
  std::vector<Settlement> settlements;
  for (const auto& done : settled_) settlements.push_back(done.settlement);
  std::vector<Claim> claims;
  try {
    if (around_.profile.broken == Broken::has_no_fence && !settled_.empty()) {
      around_.set_epoch(settled_.front().settlement.token.epoch);
    }
    claims = queue_->settle_and_claim(settlements, limits());
  } catch (const FencedError&) {
    return lose_office();
  }
  for (const auto& done : settled_) around_.truth.on_settled(done.flight.claim, done.settlement);
  settled_.clear();
  for (auto& claim : claims) {
    around_.truth.on_claim(claim);
    if (around_.profile.broken != Broken::nothing) tamper(claim);
    unsent_.push_back({std::move(claim), around_.truth.step});
  }
  if (may_fail_ && around_.dice.chance(around_.profile.hang)) {
    hang(around_.clock.mono_us() + around_.dice.between(1, 120) * kUsPerSecond);
  } else {
    send_unsent();
  }
}

void Worker::send_unsent() {
  for (auto& flight : std::exchange(unsent_, {})) {
    if (may_fail_ && around_.dice.chance(around_.profile.give_back)) {
      finish(flight, delivery::give_back(flight.claim));
      continue;
    }
    const auto number = ++numbers_;
    auto request = encode_request(around_.target, flight.claim);
    const auto& sent = flights_.emplace(number, std::move(flight)).first->second;
    around_.send(*this, number, sent, std::move(request));
  }
}

void Worker::lose_office() {
  ++around_.truth.seen["fenced"];
  elected_ = false;
  flights_.clear();
  settled_.clear();
}

void Worker::on_reply(std::uint64_t number, const HttpReply& reply) {
  if (hangs()) {
    inbox_.emplace_back(number, reply);
    return;
  }
  const auto flight = flights_.find(number);
  if (flight == flights_.end()) return;
  judge_reply(flight->second, reply);
  flights_.erase(flight);
}

void Worker::judge_reply(const Flight& flight, HttpReply reply) {
  if (reply.wire == Wire::unknown && around_.profile.broken == Broken::unknown_is_unsent) {
    reply.wire = Wire::not_sent;
  }
  const auto wall = around_.clock.wall_us();
  const auto judgement = delivery::judge(around_.target, kPolicy, flight.claim, reply, wall);
  std::int64_t opens_wall_us = 0;
  if (judgement.throttled || judgement.envelope == delivery::Class::not_sent) {
    const auto pause_us = judgement.retry_after_ms.value_or(1000) * 1000;
    gate_opens_us_ = std::max(gate_opens_us_, around_.clock.mono_us() + pause_us);
    opens_wall_us = wall + pause_us;
  }
  auto settlement = delivery::settle(judgement, around_.target, kPolicy, flight.claim, reply, wall,
                                     {.gate_opens_us = opens_wall_us}, around_.dice);
  if (around_.profile.broken == Broken::unknown_is_done) {
    for (auto& outcome : settlement.outcomes) {
      if (outcome.error_class == "UNKNOWN") outcome = {};
    }
  }
  finish(flight, std::move(settlement));
}

void Worker::finish(const Flight& flight, Settlement settlement) {
  settled_.push_back({flight, std::move(settlement)});
}

// ---- broken on purpose ------------------------------------------------------------------------------------

void Worker::tamper(Claim& claim) const {
  for (auto& update : claim.updates) {
    switch (around_.profile.broken) {
      case Broken::prefers_older:
        if (!update.merged.empty()) update.payload = composed(update);
        break;
      case Broken::ignores_delivered:
        update.payload = composed(update);
        break;
      case Broken::new_key_each_time:
        update.idempotency_key += "-" + std::to_string(update.attempts);
        break;
      default:
        break;
    }
  }
}

// The members' values one over the other, in the right order or from the newest to the oldest.
std::string Worker::composed(const ClaimedUpdate& update) const {
  auto seqs = Truth::seqs_of(update);
  if (around_.profile.broken == Broken::prefers_older) std::ranges::reverse(seqs);
  std::map<std::string, int> values;
  for (const auto seq : seqs) {
    const auto& event = around_.truth.by_seq(seq);
    for (const auto& name : event.attributes) values[name] = event.number;
  }
  std::string out = "{";
  for (const auto& [name, number] : values) {
    out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + std::to_string(number);
  }
  return out + "}";
}

}  // namespace cxrelay::simulation
