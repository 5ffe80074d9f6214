#include "delivery/read_back.hpp"

#include <algorithm>

#include "delivery/retry_policy.hpp"
#include "http/retry_after.hpp"

namespace cxrelay::delivery {
namespace {

constexpr int kOk = 200;

// Whether a later look may say more.
bool may_pass(Class verdict) noexcept {
  return verdict != Class::completed && verdict != Class::permanent && verdict != Class::split;
}

// A GET is idempotent whatever the target is. 403 is about reading only: the client may write.
Class classify_read(const HttpReply& reply) {
  static const std::vector<int> success = {kOk};
  if (reply.wire == Wire::answered && reply.status == 403) return Class::permanent;
  const bool has_retry_after = parse_retry_after(reply.header("retry-after"), 0).has_value();
  return classify_envelope({reply.wire, reply.status, has_retry_after, 1},
                           {BodyShape::single, true, &success});
}

std::string text_of(const Read& read) {
  if (!read.error.empty()) return "no whole answer: " + read.error;
  if (read.verdict != Class::completed) return "HTTP " + std::to_string(read.status);
  switch (read.found) {
    case Found::applied:
      return "it had been applied";
    case Found::not_applied:
      return "it had not been applied";
    case Found::unclear:
      return "the reply does not say whether it had been applied";
  }
  return {};
}

bool is_applied(const Read& read) noexcept {
  return read.verdict == Class::completed && read.found == Found::applied;
}

// What the look leaves to the item; none = it may be sent.
std::optional<UpdateOutcome> outcome_of(const Target& target, const RetryPolicy& policy,
                                        const ClaimedUpdate& update, const Read& read,
                                        std::int64_t now_wall_us, double uniform) {
  UpdateOutcome outcome;
  outcome.status = read.status;
  outcome.reason = "read back: " + text_of(read);
  if (is_applied(read)) return outcome;
  const bool shown = read.verdict == Class::completed && read.found == Found::not_applied;
  if (shown || target.idempotent) return std::nullopt;
  outcome.error_class = to_text(Class::unknown);
  outcome.outcome = Outcome::parked;
  if (!may_pass(read.verdict)) return outcome;
  // Nothing was sent, so it costs no attempt; only its age ends it.
  const Decision decision = decide(policy,
                                   {.verdict = Class::transient,
                                    .attempts_before = update.attempts,
                                    .accepted_us = update.accepted_us,
                                    .now_us = now_wall_us,
                                    .target_down = true},
                                   uniform);
  if (decision.outcome != Outcome::retry) return outcome;
  outcome.outcome = Outcome::retry;
  outcome.not_before_us = decision.not_before_us;
  return outcome;
}

}  // namespace

std::int64_t unknown_wait_ms(const Target& target) noexcept {
  if (target.idempotent || !target.read_back) return 0;
  return target.timeout_ms + target.read_back->late_ms;
}

std::vector<std::size_t> places_to_read(const Target& target, const Claim& claim) {
  std::vector<std::size_t> places;
  if (!target.read_back) return places;
  for (std::size_t place = 0; place < claim.updates.size(); ++place)
    if (claim.updates[place].attempts > 0) places.push_back(place);
  return places;
}

Read read_of(const Target& target, const Claim& claim, std::size_t place, const HttpReply& reply) {
  Read read;
  read.place = place;
  read.verdict = classify_read(reply);
  read.status = reply.status;
  read.error = reply.error;
  if (read.verdict == Class::completed)
    read.found = find_payload(target, claim.updates[place].payload, reply.body);
  return read;
}

bool ends_reading(const Target& target, const Read& read) noexcept {
  return !target.idempotent && may_pass(read.verdict);
}

std::optional<Settlement> settle_reads(const Target& target, const RetryPolicy& policy,
                                       const Claim& claim, const Reads& reads,
                                       std::int64_t now_wall_us, Random& random) {
  Settlement settlement;
  settlement.token = claim.token;
  settlement.sent = false;
  UpdateOutcome released;
  released.outcome = Outcome::released;
  settlement.outcomes.assign(claim.updates.size(), released);
  bool may_be_sent = true;
  for (const Read& read : reads) {
    auto outcome =
        outcome_of(target, policy, claim.updates[read.place], read, now_wall_us, random.uniform());
    if (!outcome) continue;
    settlement.outcomes[read.place] = std::move(*outcome);
    may_be_sent = false;
  }
  if (may_be_sent) return std::nullopt;
  settlement.read_back = notes_of(claim, reads);
  return settlement;
}

std::vector<ReadBackNote> notes_of(const Claim& claim, const Reads& reads) {
  std::vector<ReadBackNote> notes;
  notes.reserve(reads.size());
  for (const Read& read : reads)
    notes.push_back({claim.updates[read.place].seq, read.status, text_of(read)});
  return notes;
}

}  // namespace cxrelay::delivery
