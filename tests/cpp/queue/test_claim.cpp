#include <algorithm>

#include "queue_test.hpp"

namespace cxrelay::testing {
namespace {

using ClaimTest = QueueTest;

TEST_F(ClaimTest, GivesWhatWaitsInTheOrderOfArrival) {
  put({"a", 1});
  put({"b", 2});
  put({"c", 3});
  EXPECT_EQ(keys(claim(2)), (Keys{"a_1", "b_2"}));
  EXPECT_EQ(keys(claim(2)), (Keys{"c_3"}));
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->stats().in_flight, 3);
}

TEST_F(ClaimTest, OneOfAnInteractionAtATime) {
  put({"a", 1});
  const auto first = claim();
  put({"a", 2});
  EXPECT_TRUE(claim().updates.empty()) << "one in flight";
  settle(first, Outcome::completed);
  settle(claim(), Outcome::completed);
  EXPECT_EQ(queue_->stats().completed, 2);
}

TEST_F(ClaimTest, ARetryWaitsForItsTimeAndCountsItsAttempts) {
  put({"a", 1});
  settle(claim(), Outcome::retry, 10);
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->next_due_us(), clock_->wall_us() + 10'000'000);
  EXPECT_EQ(queue_->stats().delayed, 1);
  clock_->advance_ms(10'000);
  EXPECT_EQ(queue_->next_due_us(), 0);
  const auto again = claim();
  ASSERT_EQ(keys(again), Keys{"a_1"});
  EXPECT_EQ(again.updates.front().attempts, 1);
  settle(again, Outcome::completed);
  EXPECT_EQ(queue_->next_due_us(), std::nullopt);
}

TEST_F(ClaimTest, ANewerUpdateWaitsBehindARetry) {
  put({"a", 1});
  settle(claim(), Outcome::retry, 10);
  put({"a", 2});
  EXPECT_TRUE(claim().updates.empty());
  clock_->advance_ms(10'000);
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

TEST_F(ClaimTest, ARetryIsRememberedOverARestart) {
  put({"a", 1});
  settle(claim(), Outcome::retry, 10);
  open();
  EXPECT_TRUE(claim().updates.empty());
  clock_->advance_ms(10'000);
  EXPECT_EQ(claim().updates.front().attempts, 1);
}

TEST_F(ClaimTest, AClockSetBackDoesNotStallARetry) {
  put({"a", 1});
  settle(claim(), Outcome::retry, 10);
  clock_->set_wall_us(clock_->wall_us() - 86'400'000'000);
  clock_->advance_ms(10'000);
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

TEST_F(ClaimTest, WithoutRetriesOnlyUntriedUpdatesAreTaken) {
  put({"a", 1});
  settle(claim(), Outcome::retry);
  put({"b", 2});
  put({"a", 3});  // waits behind the one that was tried
  limits_.max_retries = 0;
  EXPECT_EQ(keys(claim()), Keys{"b_2"});
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->next_due_us(), 0) << "what waits is due";
  limits_.max_retries = 1;
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

TEST_F(ClaimTest, SoManyOfTheClaimsMayCarryRetries) {
  for (int i = 0; i < 6; ++i) put({"old" + std::to_string(i), i});
  settle(claim(), Outcome::retry);
  for (int i = 0; i < 4; ++i) put({"new" + std::to_string(i), 10 + i});
  limits_.max_updates = 2;
  limits_.max_requests = 5;
  limits_.max_retries = 1;
  ASSERT_TRUE(queue_->elect(limits_));
  const auto claims = queue_->claim(limits_);
  ASSERT_EQ(claims.size(), 3U);
  EXPECT_EQ(keys(claims[0]), (Keys{"old0_0", "old1_1"}));
  EXPECT_EQ(keys(claims[1]), (Keys{"new0_10", "new1_11"}));
  EXPECT_EQ(keys(claims[2]), (Keys{"new2_12", "new3_13"}));
}

// The deliverer reads only a window of the untried ones: thousands of retries must not fill it.
TEST_F(ClaimTest, ManyRetriesDoNotHideTheUntriedOnes) {
  put_backlog(6'000);
  limits_.max_requests = 240;
  ASSERT_TRUE(queue_->elect(limits_));
  for (const Claim& one : queue_->claim(limits_)) settle(one, Outcome::retry);
  put({"fresh", 1});
  open();
  limits_.max_retries = 0;
  EXPECT_EQ(keys(claim()), Keys{"fresh_1"});
}

TEST_F(ClaimTest, DeadAndParkedOnesAreNotClaimedUntilRevived) {
  put({"a", 1});
  put({"b", 2});
  settle_each(claim(), {Outcome::dead, Outcome::parked});
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->list({State::dead, {}, 10}).front().idempotency_key, "a_1");
  EXPECT_EQ(queue_->find("b_2")->state, State::parked);
  EXPECT_EQ(queue_->revive({State::dead, {}, 10}, "test"), 1);
  const auto revived = claim();
  ASSERT_EQ(keys(revived), Keys{"a_1"});
  EXPECT_EQ(revived.updates.front().attempts, 0);
  EXPECT_EQ(queue_->stats().parked, 1);
}

TEST_F(ClaimTest, ListsAndRevivesByReasonStatusAndTime) {
  put({"a", 1});
  put({"b", 2});
  const std::int64_t between_us = clock_->wall_us() + 1'000'000;
  clock_->advance_ms(2'000);
  put({"c", 3});
  const auto one = claim();
  Settlement settlement;
  settlement.token = one.token;
  for (const char* reason : {"HTTP 404: gone", "HTTP 422: bad", "12 attempts made; last: HTTP 404"})
    settlement.outcomes.push_back({Outcome::dead, 404, "PERMANENT", reason, 0});
  queue_->settle(std::span(&settlement, 1));
  const auto found = [&](const ListFilter& filter) {
    std::string ids;
    for (const auto& update : queue_->list(filter)) ids += update.interaction_id;
    return ids;
  };
  EXPECT_EQ(found({.reason = "gone"}), "a");
  EXPECT_EQ(found({.status = 404}), "ac");
  EXPECT_EQ(found({.status = 40}), "") << "a status, not a part of one";
  EXPECT_EQ(found({.accepted_from_us = between_us}), "c");
  EXPECT_EQ(found({.accepted_until_us = between_us}), "ab");
  EXPECT_EQ(found({.status = 404, .accepted_until_us = between_us}), "a");
  EXPECT_EQ(found({.reason = "%"}), "") << "no pattern";
  EXPECT_EQ(queue_->revive({.status = 404, .accepted_from_us = between_us}, "ada"), 1);
  EXPECT_EQ(found({.state = State::dead}), "ab");
  const auto records = queue_->audit_source().read(0, 100);
  EXPECT_EQ(records.back().detail, R"({"by":"ada","updates":[3]})");
}

TEST_F(ClaimTest, ARevivalByAnotherProcessIsSeen) {
  put({"a", 1});
  settle(claim(), Outcome::dead);
  const auto other = open_queue();
  EXPECT_EQ(other->revive({}, "test"), 1);
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

TEST_F(ClaimTest, ARefusedBatchComesBackInHalvesUntilThePoisonIsAlone) {
  for (int i = 0; i < 25; ++i) put({"i" + std::to_string(i), i});
  int sends = 0;
  const std::string poison = "i17_17";
  for (;;) {
    const auto one = claim();
    if (one.updates.empty()) break;
    ++sends;
    const auto all = keys(one);
    const bool bad = std::ranges::find(all, poison) != all.end();
    settle(one, !bad ? Outcome::completed : all.size() > 1 ? Outcome::split : Outcome::dead);
  }
  EXPECT_LE(sends, 12);
  EXPECT_EQ(queue_->find(poison)->attempts, 1) << "halving does not use up attempts";
  EXPECT_EQ(queue_->stats().completed, 24);
  EXPECT_EQ(queue_->stats().dead, 1);
}

TEST_F(ClaimTest, AReleasedClaimCostsNoAttempt) {
  put({"a", 1});
  settle(claim(), Outcome::released);
  EXPECT_EQ(queue_->stats().requests, 0);
  EXPECT_EQ(claim().updates.front().attempts, 0);
}

TEST_F(ClaimTest, AnOlderEventDoesNotOverwriteWhatANewerOneWrote) {
  put({"a", 5, R"({"attributes":{"x":"new","y":1}})"});
  settle(claim(), Outcome::completed);
  put({"a", 4, R"({"attributes":{"x":"old","z":2}})"});
  const auto late = claim();
  ASSERT_EQ(late.updates.size(), 1U);
  EXPECT_EQ(late.updates.front().payload, R"({"attributes":{"z":2}})");
  settle(late, Outcome::completed);
}

TEST_F(ClaimTest, AnOlderEventWithNothingLeftIsSuperseded) {
  put({"a", 5, R"({"attributes":{"x":"new","y":1}})"});
  settle(claim(), Outcome::completed);
  open();  // also after a restart
  put({"a", 4, R"({"attributes":{"x":"old"}})"});
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->stats().superseded, 1);
  EXPECT_EQ(queue_->find("a_4")->state, State::superseded);
}

TEST_F(ClaimTest, ADeadNewerEventDoesNotSupersede) {
  put({"a", 5});
  settle(claim(), Outcome::dead);
  put({"a", 4});
  EXPECT_EQ(keys(claim()), Keys{"a_4"});
}

TEST_F(ClaimTest, ABacklogLongerThanTheWindowIsDrainedCompletely) {
  put_backlog(5000);
  int updates = 0;
  for (;;) {
    const auto one = claim(100);
    if (one.updates.empty()) break;
    updates += static_cast<int>(one.updates.size());
    settle(one, Outcome::completed);
  }
  EXPECT_EQ(updates, 5000);
}

}  // namespace
}  // namespace cxrelay::testing
