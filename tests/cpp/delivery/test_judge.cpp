#include <gtest/gtest.h>

#include "delivery/judge.hpp"
#include "fake_random.hpp"
#include "fake_transport.hpp"
#include "sample_times.hpp"

namespace cxrelay::delivery {
namespace {

using testing::answered;
using testing::kMay15Us;

Claim claim_of(std::size_t count, int attempts = 0) {
  Claim claim;
  claim.token = {7, 42};
  for (std::size_t i = 0; i < count; ++i) {
    ClaimedUpdate update;
    update.interaction_id = "int-" + std::to_string(i);
    update.accepted_us = kMay15Us;
    update.attempts = attempts;
    claim.updates.push_back(std::move(update));
  }
  return claim;
}

struct Judged {
  Judgement judgement;
  Settlement settlement;
};

Judged judged(const Target& target, const Claim& claim, const HttpReply& reply,
              std::int64_t gate_opens_us = 0) {
  testing::FakeRandom random;
  Judged result;
  result.judgement = judge(target, {}, claim, reply, kMay15Us);
  result.settlement = settle(result.judgement, target, {}, claim, reply, kMay15Us,
                             {.gate_opens_us = gate_opens_us}, random);
  return result;
}

const Target kTarget = interactions_batch("https://a.example");

TEST(Judge, EachItemOfABatchHasItsOwnEnd) {
  const auto [judgement, settlement] = judged(
      kTarget, claim_of(5),
      answered(200, R"({"results":[{"status":200},{"status":404,"message":"gone"},{"status":503},)"
                    R"({"status":"200"},{"status":204}]})"));
  EXPECT_EQ(settlement.token, (ClaimToken{7, 42}));
  EXPECT_EQ(settlement.status, 200);
  EXPECT_EQ(settlement.error_class, "");
  EXPECT_TRUE(settlement.sent);
  ASSERT_EQ(settlement.outcomes.size(), 5U);
  EXPECT_EQ(settlement.outcomes[0].outcome, Outcome::completed);
  EXPECT_EQ(settlement.outcomes[0].status, 200);
  EXPECT_EQ(settlement.outcomes[0].error_class, "");
  EXPECT_EQ(settlement.outcomes[1].outcome, Outcome::dead);
  EXPECT_EQ(settlement.outcomes[1].error_class, "PERMANENT");
  EXPECT_EQ(settlement.outcomes[1].reason, "HTTP 404: gone");
  EXPECT_EQ(settlement.outcomes[2].outcome, Outcome::retry);
  EXPECT_EQ(settlement.outcomes[2].not_before_us, kMay15Us + 125'000);
  EXPECT_EQ(settlement.outcomes[3].outcome, Outcome::retry);
  EXPECT_EQ(settlement.outcomes[3].error_class, "UNKNOWN");
  EXPECT_EQ(settlement.outcomes[3].status, 0);
  EXPECT_EQ(settlement.outcomes[4].outcome, Outcome::completed);
}

TEST(Judge, AReplyWithoutResultsIsUnknownForAll) {
  Target once = kTarget;
  once.idempotent = false;
  for (const char* body : {"", "null", "<html>", R"({"results":[]})"}) {
    EXPECT_EQ(judged(kTarget, claim_of(2), answered(200, body)).settlement.outcomes[1].outcome,
              Outcome::retry);
    EXPECT_EQ(judged(once, claim_of(2), answered(200, body)).settlement.outcomes[1].outcome,
              Outcome::parked);
  }
}

TEST(Judge, AThrottledItemThrottles) {
  const auto reply =
      answered(200, R"({"results":[{"status":200},{"status":429}]})", {{"retry-after", "7"}});
  const auto [judgement, settlement] = judged(kTarget, claim_of(2), reply, kMay15Us + 7'100'000);
  EXPECT_TRUE(judgement.throttled);
  EXPECT_EQ(judgement.retry_after_ms, 7'000);
  EXPECT_EQ(settlement.outcomes[0].outcome, Outcome::completed);
  EXPECT_EQ(settlement.outcomes[1].not_before_us, kMay15Us + 7'100'000);
}

TEST(Judge, AMalformedRetryAfterCountsAsAbsent) {
  for (const char* value : {"1.5", "-1", "soon", "12s"}) {
    const Judgement judgement =
        judge(kTarget, {}, claim_of(1), answered(503, "", {{"retry-after", value}}), kMay15Us);
    EXPECT_EQ(judgement.envelope, Class::transient) << value;
    EXPECT_FALSE(judgement.retry_after_ms);
  }
  EXPECT_EQ(
      judge(kTarget, {}, claim_of(1), answered(503, "", {{"retry-after", "0"}}), kMay15Us).envelope,
      Class::throttled);
}

TEST(Judge, ARefusedBatchIsSplitAndASingleUpdateDies) {
  const HttpReply refused = answered(422, R"({"message":"bad attribute"})");
  const Settlement many = judged(kTarget, claim_of(3), refused).settlement;
  EXPECT_EQ(many.error_class, "SPLIT");
  for (const UpdateOutcome& outcome : many.outcomes) EXPECT_EQ(outcome.outcome, Outcome::split);
  const Settlement one = judged(kTarget, claim_of(1), refused).settlement;
  EXPECT_EQ(one.outcomes[0].outcome, Outcome::dead);
  EXPECT_EQ(one.outcomes[0].reason, "HTTP 422: bad attribute");
  EXPECT_EQ(one.outcomes[0].status, 422);
}

TEST(Judge, NotSentIsNoAttempt) {
  const HttpReply reply{Wire::not_sent, 0, {}, {}, "connect"};
  const Settlement settlement = judged(kTarget, claim_of(1, 11), reply, kMay15Us + 5).settlement;
  EXPECT_FALSE(settlement.sent);
  EXPECT_EQ(settlement.error_class, "NOT_SENT");
  EXPECT_EQ(settlement.outcomes[0].outcome, Outcome::released);
  EXPECT_EQ(settlement.outcomes[0].not_before_us, kMay15Us + 5);
  EXPECT_EQ(settlement.outcomes[0].reason, "not sent: connect");
}

TEST(Judge, LimitsAreNamed) {
  const Settlement settlement = judged(kTarget, claim_of(1, 11), answered(502)).settlement;
  EXPECT_EQ(settlement.outcomes[0].outcome, Outcome::dead);
  EXPECT_EQ(settlement.outcomes[0].reason, "12 attempts made; last: HTTP 502");
  EXPECT_TRUE(settlement.outcomes[0].used_up);
  Claim old = claim_of(1);
  old.updates[0].accepted_us = kMay15Us - 73LL * 3'600'000'000;
  const UpdateOutcome of_age = judged(kTarget, old, answered(502)).settlement.outcomes[0];
  EXPECT_EQ(of_age.reason, "no further attempt within 72 h; last: HTTP 502");
  EXPECT_TRUE(of_age.used_up);
}

TEST(Judge, AFinalAnswerIsNoLimit) {
  const UpdateOutcome outcome =
      judged(kTarget, claim_of(1, 11), answered(404)).settlement.outcomes[0];
  EXPECT_EQ(outcome.outcome, Outcome::dead);
  EXPECT_FALSE(outcome.used_up);
}

TEST(Judge, NoAnswer) {
  const HttpReply reply{Wire::unknown, 0, {}, {}, "timeout"};
  const Settlement settlement = judged(kTarget, claim_of(1), reply).settlement;
  EXPECT_TRUE(settlement.sent);
  EXPECT_EQ(settlement.error_class, "UNKNOWN");
  EXPECT_EQ(settlement.outcomes[0].reason, "no whole answer: timeout");
}

TEST(Judge, GivingBackIsNoAttempt) {
  const Settlement settlement = give_back(claim_of(2));
  EXPECT_FALSE(settlement.sent);
  EXPECT_EQ(settlement.outcomes.size(), 2U);
  EXPECT_EQ(settlement.outcomes[0].outcome, Outcome::released);
  EXPECT_EQ(settlement.outcomes[0].not_before_us, 0);
}

TEST(Judge, ARequestThatIsTooLargeIsHalvedOrDies) {
  EXPECT_EQ(refuse_size(claim_of(2)).outcomes[1].outcome, Outcome::split);
  EXPECT_EQ(refuse_size(claim_of(1)).outcomes[0].outcome, Outcome::dead);
  EXPECT_FALSE(refuse_size(claim_of(1)).sent);
}

}  // namespace
}  // namespace cxrelay::delivery
