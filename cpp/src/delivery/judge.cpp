#include "delivery/judge.hpp"

#include <algorithm>
#include <utility>

#include "delivery/retry_policy.hpp"
#include "http/retry_after.hpp"
#include "target/message.hpp"

namespace cxrelay::delivery {
namespace {

std::string http_reason(int status, std::string_view message) {
  std::string reason = "HTTP " + std::to_string(status);
  if (!message.empty()) reason.append(": ").append(message);
  return reason;
}

// Why the whole request ended as it did, for a person.
std::string envelope_reason(const HttpReply& reply) {
  if (reply.wire == Wire::not_sent) return "not sent: " + reply.error;
  if (reply.wire == Wire::unknown) return "no whole answer: " + reply.error;
  return http_reason(reply.status, target::message_of(reply));
}

std::string item_reason(const ItemReply& item) {
  if (item.status == 0) return "the reply says nothing usable about this update";
  return http_reason(item.status, item.message);
}

std::string with_limit(std::string reason, Limit limit, const RetryPolicy& policy, int attempts) {
  if (limit == Limit::attempts)
    return std::to_string(attempts) + " attempts made; last: " + std::move(reason);
  if (limit == Limit::age)
    return "no further attempt within " + std::to_string(policy.max_age_ms / 3'600'000) +
           " h; last: " + std::move(reason);
  return reason;
}

// The same for all updates of one reply.
struct Context {
  const RetryPolicy& policy;
  const Target& target;
  bool server_said_when;
  std::int64_t now_us;
  const Effect& effect;
};

UpdateOutcome outcome_of(const Context& context, const ClaimedUpdate& update, Class verdict,
                         int status, std::string reason, double uniform) {
  const bool gated = verdict == Class::throttled || verdict == Class::not_sent;
  const bool late = verdict == Class::unknown;
  const Attempt attempt{.verdict = verdict,
                        .idempotent = context.target.idempotent,
                        .is_read_back = context.target.read_back.has_value(),
                        .attempts_before = update.attempts,
                        .accepted_us = update.accepted_us,
                        .now_us = context.now_us,
                        .earliest_us = gated ? context.effect.gate_opens_us
                                       : late
                                           ? context.now_us + unknown_wait_ms(context.target) * 1000
                                           : 0,
                        .server_said_when = context.server_said_when,
                        .target_down = context.effect.target_down};
  const Decision decision = decide(context.policy, attempt, uniform);
  UpdateOutcome outcome;
  outcome.outcome = decision.outcome;
  outcome.status = status;
  outcome.error_class = to_text(verdict);
  outcome.reason =
      with_limit(std::move(reason), decision.limit, context.policy, update.attempts + 1);
  outcome.not_before_us = decision.not_before_us;
  outcome.used_up = decision.limit != Limit::none;
  return outcome;
}

UpdateOutcome completed(int status) {
  UpdateOutcome outcome;
  outcome.status = status;
  return outcome;
}

Settlement unsent(const Claim& claim, const UpdateOutcome& outcome) {
  Settlement settlement;
  settlement.token = claim.token;
  settlement.sent = false;
  settlement.outcomes = std::vector<UpdateOutcome>(claim.updates.size(), outcome);
  return settlement;
}

}  // namespace

Judgement judge(const Target& target, const RetryPolicy& policy, const Claim& claim,
                const HttpReply& reply, std::int64_t now_wall_us) {
  const Rules rules = rules_of(target);
  Judgement judgement;
  judgement.retry_after_ms =
      parse_retry_after(reply.header("retry-after"), now_wall_us, policy.max_retry_after_ms);
  const bool has_retry_after = judgement.retry_after_ms.has_value();
  judgement.envelope =
      classify_envelope({reply.wire, reply.status, has_retry_after, claim.updates.size()}, rules);
  judgement.throttled = judgement.envelope == Class::throttled;
  if (judgement.envelope != Class::completed || target.body_shape == BodyShape::single)
    return judgement;
  judgement.replies = decode_reply(target, claim, reply);
  judgement.items.reserve(judgement.replies.size());
  for (const ItemReply& item : judgement.replies)
    judgement.items.push_back(classify_item(item.status, has_retry_after, rules));
  judgement.throttled =
      std::ranges::find(judgement.items, Class::throttled) != judgement.items.end();
  return judgement;
}

Judgement judge_read(const Read& read, const RetryPolicy& policy, const HttpReply& reply,
                     std::int64_t now_wall_us) {
  Judgement judgement;
  judgement.envelope = read.verdict;
  judgement.throttled = read.verdict == Class::throttled;
  judgement.retry_after_ms =
      parse_retry_after(reply.header("retry-after"), now_wall_us, policy.max_retry_after_ms);
  return judgement;
}

Settlement settle(const Judgement& judgement, const Target& target, const RetryPolicy& policy,
                  const Claim& claim, const HttpReply& reply, std::int64_t now_wall_us,
                  const Effect& effect, Random& random) {
  const Context context{policy, target, judgement.retry_after_ms.has_value(), now_wall_us, effect};
  const bool per_item = !judgement.items.empty();
  Settlement settlement;
  settlement.token = claim.token;
  settlement.status = reply.status;
  settlement.sent = reply.wire != Wire::not_sent;
  if (judgement.envelope != Class::completed) settlement.error_class = to_text(judgement.envelope);
  const std::string reason =
      judgement.envelope == Class::completed ? std::string() : envelope_reason(reply);
  settlement.outcomes.reserve(claim.updates.size());
  for (std::size_t i = 0; i < claim.updates.size(); ++i) {
    const Class verdict = per_item ? judgement.items[i] : judgement.envelope;
    const int status = per_item ? judgement.replies[i].status : reply.status;
    settlement.outcomes.push_back(
        verdict == Class::completed
            ? completed(status)
            : outcome_of(context, claim.updates[i], verdict, status,
                         per_item ? item_reason(judgement.replies[i]) : reason, random.uniform()));
  }
  return settlement;
}

Settlement give_back(const Claim& claim, const Reads& reads) {
  UpdateOutcome outcome;
  outcome.outcome = Outcome::released;
  Settlement settlement = unsent(claim, outcome);
  settlement.read_back = notes_of(claim, reads);
  return settlement;
}

Settlement refuse_size(const Claim& claim) {
  UpdateOutcome outcome;
  outcome.outcome = claim.updates.size() > 1 ? Outcome::split : Outcome::dead;
  outcome.error_class = to_text(claim.updates.size() > 1 ? Class::split : Class::permanent);
  outcome.reason = "the request is larger than the target takes";
  Settlement settlement = unsent(claim, outcome);
  settlement.error_class = to_text(Class::not_sent);
  return settlement;
}

}  // namespace cxrelay::delivery
