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
