// Who may claim and settle, and what becomes of the claims of one that is gone (P4, P8).
#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueueFencing, ThereIsOneDeliverer) {
  if (!has_one_deliverer()) GTEST_SKIP() << "many deliver";
  const auto other = open();
  EXPECT_TRUE(queue_->elect(limits_));
  EXPECT_TRUE(queue_->elect(limits_)) << "again is cheap";
  EXPECT_FALSE(other->elect(limits_));
  queue_->resign();
  EXPECT_TRUE(other->elect(limits_));
  EXPECT_FALSE(queue_->elect(limits_));
}

TEST_P(QueueFencing, OneThatShowsLifeIsNotReplaced) {
  put({"a", 1});
  const auto one = claim();
  const auto other = open();
  other->elect(limits_);
  for (int i = 0; i < 10; ++i) {
    clock_->advance_us(GetParam().lease_us / 3);
    queue_->settle({});  // the heartbeat: a step that does nothing
    if (has_one_deliverer()) {
      EXPECT_FALSE(other->elect(limits_));
    } else {
      EXPECT_TRUE(other->claim(limits_).empty());
    }
  }
  settle(one, Outcome::completed);
}

TEST_P(QueueFencing, AHangingDelivererIsReplacedAndChangesNothingAfterwards) {
  put({"a", 1, R"({"x":1})"});
  put({"b", 1});
  const auto stale = claim(1);
  const auto other = open();
  other->elect(limits_);
  clock_->advance_us(GetParam().lease_us + 1'000'000);
  ASSERT_TRUE(other->elect(limits_));
  limits_.max_updates = 25;
  const auto again = other->claim(limits_);
  ASSERT_EQ(again.size(), 1U);
  for (const auto& update : again.front().updates) {
    if (update.interaction_id != "a") continue;
    EXPECT_EQ(update.idempotency_key, "a_1") << "the same key";
    EXPECT_EQ(update.payload, R"({"x":1})");
    EXPECT_EQ(update.attempts, 1);
  }
  EXPECT_EQ(again.front().updates.size(), 2U);
  const auto before = queue_->stats().journal_records;
  for (const Outcome outcome : {Outcome::completed, Outcome::dead, Outcome::released}) {
    EXPECT_THROW(settle(stale, outcome), FencedError);
  }
  EXPECT_EQ(queue_->stats().journal_records, before);
  EXPECT_EQ(state_of("a_1"), State::in_flight);
  const auto done = settlement_of(
      again.front(), std::vector<Outcome>(again.front().updates.size(), Outcome::completed));
  other->settle(std::span(&done, 1));
  EXPECT_EQ(state_of("a_1"), State::completed);
}

TEST_P(QueueFencing, ItClaimsNothingEither) {
  if (!has_one_deliverer()) GTEST_SKIP() << "it has lost its leases, not its right";
  put({"a", 1});
  ASSERT_TRUE(queue_->elect(limits_));
  const auto other = open();
  other->elect(limits_);
  clock_->advance_us(GetParam().lease_us + 1'000'000);
  ASSERT_TRUE(other->elect(limits_));
  EXPECT_THROW(queue_->claim(limits_), FencedError);
  EXPECT_THROW(queue_->settle({}), FencedError);
  EXPECT_FALSE(queue_->elect(limits_));
  EXPECT_EQ(queue_->stats().in_flight, 0);
}

TEST_P(QueueFencing, WithoutAnElectionNothingIsClaimed) {
  put({"a", 1});
  EXPECT_THROW(queue_->claim(limits_), FencedError);
  EXPECT_EQ(queue_->stats().in_flight, 0);
}

TEST_P(QueueFencing, NorAfterResigning) {
  put({"a", 1});
  put({"b", 1});
  claim(1);
  queue_->resign();
  EXPECT_THROW(queue_->claim(limits_), FencedError);
  EXPECT_EQ(queue_->stats().in_flight, 1);
}

TEST_P(QueueFencing, ASettlementCountsOnce) {
  put({"a", 1});
  const auto one = claim();
  settle(one, Outcome::completed);
  EXPECT_THROW(settle(one, Outcome::dead), FencedError);
  EXPECT_EQ(queue_->stats().completed, 1);
  EXPECT_EQ(queue_->stats().dead, 0);
}

TEST_P(QueueFencing, AnInventedTokenIsRefused) {
  put({"a", 1});
  auto one = claim();
  const auto real = one.token;
  one.token.request_seq += 1;
  EXPECT_THROW(settle(one, Outcome::completed), FencedError);
  one.token = real;
  one.token.epoch += 1;
  EXPECT_THROW(settle(one, Outcome::completed), FencedError);
  EXPECT_EQ(state_of("a_1"), State::in_flight);
}

TEST_P(QueueFencing, OthersPutWhileOneDelivers) {
  ASSERT_TRUE(queue_->elect(limits_));
  const auto other = open();
  put_into(*other, {{"a", 1}});
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

TEST_P(QueueFencing, ARevivalByAnotherIsSeen) {
  put({"a", 1});
  settle(claim(), Outcome::dead);
  EXPECT_EQ(queue_->next_due_us(), std::nullopt);
  EXPECT_EQ(open()->revive({}, "test"), 1);
  EXPECT_EQ(queue_->next_due_us(), 0);
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

TEST_P(QueueFencing, ARevivalDoesNotDisturbWhatIsInFlight) {
  put({"a", 1});
  settle(claim(), Outcome::dead);
  put({"b", 1});
  put({"c", 1});
  const auto open_claim = claim();
  put({"b", 2});
  EXPECT_EQ(queue_->revive({}, "test"), 1);
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
  settle_each(open_claim, {Outcome::completed, Outcome::retry});
  EXPECT_EQ(state_of("b_1"), State::completed);
  EXPECT_EQ(drain().size(), 2U);
}

TEST_P(QueueRecovery, RequestsOfADeadDelivererAreUnknown) {
  put({"a", 1});
  put({"b", 2});
  const auto lost = claim();
  crash();
  const auto again = claim();
  EXPECT_EQ(keys(again), keys(lost));
  EXPECT_EQ(again.updates.front().attempts, 1);
  EXPECT_NE(again.request_id, lost.request_id);
  EXPECT_NE(again.token, lost.token);
  const auto finished = journal("finished");
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished.front().request_id, lost.request_id);
  EXPECT_NE(finished.front().detail.find("\"UNKNOWN\""), std::string::npos);
  settle(again, Outcome::completed);
  EXPECT_EQ(queue_->stats().requests, 2);
  EXPECT_EQ(queue_->stats().attempts, 4);
}

TEST_P(QueueRecovery, OnATargetThatIsNotIdempotentTheyAreParked) {
  limits_.idempotent = false;
  put({"a", 1});
  put({"b", 1});
  claim(1);
  crash();
  EXPECT_EQ(keys(claim()), Keys{"b_1"});
  EXPECT_EQ(state_of("a_1"), State::parked);
  EXPECT_EQ(queue_->find("a_1")->attempts, 1);
  EXPECT_EQ(queue_->revive({State::parked, {}, 10}, "test"), 1);
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

TEST_P(QueueRecovery, TheyWaitWhereALostRequestMayStillArrive) {
  limits_.unknown_wait_ms = 90'000;
  put({"a", 1});
  claim();
  crash();
  EXPECT_TRUE(claim().updates.empty());
  clock_->advance_us(90'000'000);
  EXPECT_EQ(claim_item().attempts, 1);
}

TEST_P(QueueRecovery, EveryDeathCounts) {
  put({"a", 1});
  for (int attempts = 0; attempts < 4; ++attempts) {
    EXPECT_EQ(claim_item().attempts, attempts);
    crash();
  }
  EXPECT_EQ(claim_item().attempts, 4);
  EXPECT_EQ(journal("started").size(), 5U);
  EXPECT_EQ(journal("finished").size(), 4U);
}

TEST_P(QueueRecovery, ANewerEventWaitsBehindTheUnknownOne) {
  put({"a", 1, R"({"x":1})"});
  claim();
  put({"a", 2, R"({"x":2})"});
  crash();
  EXPECT_EQ(claim_item().payload, R"({"x":1})");
  EXPECT_TRUE(claim().updates.empty());
}

TEST_P(QueueRecovery, WhatWasSettledBeforeTheDeathIsNotTouched) {
  put_backlog(5);
  settle_each(claim(4), {Outcome::completed, Outcome::retry, Outcome::dead, Outcome::parked}, 3600);
  claim(1);
  crash();
  EXPECT_EQ(keys(claim()), Keys{"i4"});
  EXPECT_EQ(state_of("i0"), State::completed);
  EXPECT_EQ(state_of("i2"), State::dead);
  EXPECT_EQ(state_of("i3"), State::parked);
  EXPECT_EQ(queue_->stats().delayed, 1);
}

TEST_P(QueueRecovery, TheNextDelivererIsToldOfTheGate) {
  ASSERT_TRUE(queue_->elect(limits_));
  EXPECT_EQ(queue_->gate_until_us("test"), 0);
  limits_.gate_until_us = clock_->wall_us() + 5'000'000;
  const auto until = limits_.gate_until_us;
  queue_->claim(limits_);
  limits_.gate_until_us = 0;  // no news
  queue_->claim(limits_);
  crash();
  EXPECT_EQ(queue_->gate_until_us("test"), until);
  EXPECT_EQ(queue_->gate_until_us("another"), 0);
}

// Neither a wait of its own nor one of an older update ends because others of the interaction may go.
TEST_P(QueueRecovery, AReloadForgetsNoDelay) {
  put({"a", 2, R"({"x":2})"});
  settle(claim(), Outcome::dead);
  put({"a", 1, R"({"y":1})"});
  settle(claim(), Outcome::retry, 3600);
  EXPECT_EQ(queue_->revive({}, "test"), 1);
  EXPECT_TRUE(claim().updates.empty()) << "1 goes first, and not yet";
  clock_->advance_ms(3'600'000);
  EXPECT_EQ(drain(), (Keys{"a_1", "a_2"}));
}

TEST_P(QueueRecovery, NorOneOfANewerUpdate) {
  put({"a", 1});
  settle(claim(), Outcome::dead);
  put({"a", 2});
  settle(claim(), Outcome::retry, 3600);
  EXPECT_EQ(queue_->revive({}, "test"), 1);
  EXPECT_EQ(drain(), Keys{"a_1"});
  EXPECT_EQ(queue_->next_due_us(), clock_->wall_us() + 3'600'000'000);
  clock_->advance_ms(3'600'000);
  EXPECT_EQ(drain(), Keys{"a_2"});
}

}  // namespace
}  // namespace cxrelay::testing
