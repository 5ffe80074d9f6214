// What a look means for a claim. The comparison itself is the target's: tests/cpp/target.
#include <gtest/gtest.h>

#include "delivery/judge.hpp"
#include "delivery/read_back.hpp"
#include "fake_random.hpp"
#include "fake_transport.hpp"
#include "sample_times.hpp"

namespace cxrelay::delivery {
namespace {

using testing::answered;
using testing::failed;
using testing::kMay15Us;

Target target(bool idempotent) {
  Target made = interactions_batch("https://a.example");
  made.idempotent = idempotent;
  made.read_back = interactions_read_back();
  return made;
}

Claim claim_of(std::initializer_list<int> attempts) {
  Claim claim;
  for (const int sends : attempts) {
    ClaimedUpdate update;
    update.seq = static_cast<std::int64_t>(claim.updates.size()) + 1;
    update.payload = R"({"a":1})";
    update.attempts = sends;
    update.accepted_us = kMay15Us;
    claim.updates.push_back(update);
  }
  return claim;
}

HttpReply shows(int value) { return answered(200, R"({"a":)" + std::to_string(value) + "}"); }

// What becomes of a claim whose first item was looked up and got `reply`; none = it is sent.
std::optional<Settlement> after(const Target& to, const HttpReply& reply, const Claim& claim) {
  testing::FakeRandom random;
  return settle_reads(to, {}, claim, {read_of(to, claim, 0, reply)}, kMay15Us, random);
}

TEST(ReadBack, LooksOnlyForWhatWasSentBefore) {
  const Claim claim = claim_of({0, 1, 0, 3});
  EXPECT_EQ(places_to_read(target(false), claim), (std::vector<std::size_t>{1, 3}));
  EXPECT_TRUE(places_to_read(interactions_batch("https://a.example"), claim).empty());
}

TEST(ReadBack, WhatHadBeenAppliedIsCompletedAndTheRestGoesBack) {
  for (const bool idempotent : {false, true}) {
    const auto settlement = after(target(idempotent), shows(1), claim_of({1, 0}));
    ASSERT_TRUE(settlement);
    EXPECT_FALSE(settlement->sent);
    EXPECT_EQ(settlement->outcomes[0].outcome, Outcome::completed);
    EXPECT_EQ(settlement->outcomes[0].reason, "read back: it had been applied");
    EXPECT_EQ(settlement->outcomes[1].outcome, Outcome::released);
    ASSERT_EQ(settlement->read_back.size(), 1U);
    EXPECT_EQ(settlement->read_back[0].seq, 1);
    EXPECT_EQ(settlement->read_back[0].status, 200);
    EXPECT_EQ(settlement->read_back[0].found, "it had been applied");
  }
}

TEST(ReadBack, WhatHadNotBeenAppliedIsSent) {
  EXPECT_FALSE(after(target(false), shows(2), claim_of({1})));
  EXPECT_FALSE(after(target(true), shows(2), claim_of({1})));
}

TEST(ReadBack, WhatNoLookCanTellIsParkedWhereTwiceIsNotOnce) {
  for (const HttpReply& reply :
       {answered(200, "<html>"), answered(404), answered(403), answered(302)}) {
    const auto settlement = after(target(false), reply, claim_of({1}));
    ASSERT_TRUE(settlement) << reply.status;
    EXPECT_EQ(settlement->outcomes[0].outcome, Outcome::parked) << reply.status;
    EXPECT_FALSE(after(target(true), reply, claim_of({1}))) << reply.status;
  }
}

TEST(ReadBack, ALookThatMayPassIsTakenAgainAndCostsNoAttempt) {
  for (const HttpReply& reply : {answered(429), answered(503), answered(401),
                                 failed(Wire::not_sent, "dns"), failed(Wire::unknown, "timeout")}) {
    const Claim claim = claim_of({100});
    EXPECT_TRUE(ends_reading(target(false), read_of(target(false), claim, 0, reply)));
    const auto settlement = after(target(false), reply, claim);
    ASSERT_TRUE(settlement);
    EXPECT_FALSE(settlement->sent);
    EXPECT_EQ(settlement->outcomes[0].outcome, Outcome::retry) << reply.status << reply.error;
    EXPECT_FALSE(after(target(true), reply, claim)) << reply.status << reply.error;
  }
}

TEST(ReadBack, AndParkedAtItsLastAge) {
  Claim claim = claim_of({1});
  claim.updates[0].accepted_us = kMay15Us - RetryPolicy{}.max_age_ms * 1000 - 1;
  const auto settlement = after(target(false), answered(503), claim);
  ASSERT_TRUE(settlement);
  EXPECT_EQ(settlement->outcomes[0].outcome, Outcome::parked);
  EXPECT_EQ(settlement->outcomes[0].reason, "read back: HTTP 503");
}

// A lost request may still arrive: where twice is not once, nobody looks before that is over.
TEST(ReadBack, IsNotTakenBeforeALostRequestIsLateNoMore) {
  testing::FakeRandom random;
  const HttpReply lost = failed(Wire::unknown, "timeout");
  const Claim claim = claim_of({0});
  for (const bool idempotent : {false, true}) {
    const Target to = target(idempotent);
    const Judgement judgement = judge(to, {}, claim, lost, kMay15Us);
    const Settlement settlement = settle(judgement, to, {}, claim, lost, kMay15Us, {}, random);
    EXPECT_EQ(settlement.outcomes[0].outcome, Outcome::retry);
    const std::int64_t wait_us = settlement.outcomes[0].not_before_us - kMay15Us;
    EXPECT_EQ(wait_us >= (to.timeout_ms + 60'000) * 1000, !idempotent) << wait_us;
  }
}

TEST(ReadBack, WhatMayHaveBeenAppliedIsNeverDead) {
  testing::FakeRandom random;
  const Target to = target(false);
  const HttpReply lost = failed(Wire::unknown, "timeout");
  const Claim claim = claim_of({11});
  const Settlement settlement =
      settle(judge(to, {}, claim, lost, kMay15Us), to, {}, claim, lost, kMay15Us, {}, random);
  EXPECT_EQ(settlement.outcomes[0].outcome, Outcome::parked);
  EXPECT_EQ(settlement.outcomes[0].reason, "12 attempts made; last: no whole answer: timeout");
}

}  // namespace
}  // namespace cxrelay::delivery
