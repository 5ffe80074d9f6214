// What may be claimed, how much of it and in which order (P5).
#include <algorithm>
#include <set>

#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueueClaiming, InTheOrderOfArrival) {
  put({"c", 9});
  put({"b", 5});
  put({"a", 7});
  EXPECT_EQ(keys(claim(2)), (Keys{"c_9", "b_5"}));
  EXPECT_EQ(keys(claim(2)), (Keys{"a_7"}));
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->stats().in_flight, 3);
}

TEST_P(QueueClaiming, AClaimSaysAllOfItsUpdate) {
  const auto receipt = put({"a", 7, R"({"x":1})"});
  clock_->advance_ms(1500);
  const auto item = claim_item();
  EXPECT_EQ(item.seq, receipt.seq);
  EXPECT_EQ(item.interaction_id, "a");
  EXPECT_EQ(item.idempotency_key, "a_7");
  EXPECT_EQ(item.payload, R"({"x":1})");
  EXPECT_EQ(item.event_time_us, 7'000'000);
  EXPECT_EQ(item.accepted_us, clock_->wall_us() - 1'500'000);
  EXPECT_EQ(item.attempts, 0);
  EXPECT_TRUE(item.merged.empty());
}

TEST_P(QueueClaiming, EachRequestHasItsOwnIdAndRecord) {
  put_backlog(6);
  limits_.max_requests = 3;
  limits_.max_updates = 2;
  ASSERT_TRUE(queue_->elect(limits_));
  const auto claims = queue_->claim(limits_);
  ASSERT_EQ(claims.size(), 3U);
  std::set<std::string> ids;
  std::set<std::int64_t> seqs;
  for (const auto& one : claims) {
    EXPECT_EQ(one.updates.size(), 2U);
    EXPECT_EQ(one.request_id.size(), 32U);
    EXPECT_EQ(one.request_id.find_first_not_of("0123456789abcdef"), std::string::npos);
    ids.insert(one.request_id);
    seqs.insert(one.token.request_seq);
    const auto record = queue_->audit_source().read(one.token.request_seq - 1, 1).front();
    EXPECT_EQ(record.action, "started");
    EXPECT_EQ(record.request_id, one.request_id);
  }
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(seqs.size(), 3U);
}

TEST_P(QueueClaiming, NothingIsClaimedWithoutRoom) {
  put({"a", 1});
  limits_.max_requests = 0;
  ASSERT_TRUE(queue_->elect(limits_));
  EXPECT_TRUE(queue_->claim(limits_).empty());
  limits_.max_requests = 1;
  EXPECT_TRUE(claim(0).updates.empty());
  EXPECT_EQ(journal("started").size(), 0U);
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

TEST_P(QueueClaiming, OneOfAnInteractionAtATime) {
  put({"a", 1});
  const auto first = claim();
  put({"a", 2});
  put({"b", 1});
  limits_.max_requests = 5;
  EXPECT_EQ(keys(claim()), Keys{"b_1"});
  EXPECT_TRUE(claim().updates.empty());
  settle(first, Outcome::completed);
  EXPECT_EQ(keys(claim()), Keys{"a_2"});
}

TEST_P(QueueClaiming, NorTwoInRequestsOfOneCall) {
  put({"a", 1});
  settle(claim(), Outcome::retry);  // was sent alone and stays alone
  put({"a", 2});
  limits_.max_requests = 5;
  limits_.max_updates = 5;
  const auto claims = queue_->claim(limits_);
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(keys(claims.front()), Keys{"a_1"});
}

TEST_P(QueueClaiming, SettlingMakesRoomInTheSameStep) {
  put({"a", 1});
  const auto first = claim();
  put({"a", 2});
  const auto done = settlement_of(first, {Outcome::completed});
  const auto next = queue_->settle_and_claim(std::span(&done, 1), limits_);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(keys(next.front()), Keys{"a_2"});
  EXPECT_EQ(state_of("a_1"), State::completed);
}

TEST_P(QueueClaiming, ARequestEndsWhereItsBytesAreUsedUp) {
  limits_.max_bytes = 100;
  const std::string large = R"({"x":")" + std::string(60, 'x') + R"("})";
  for (const char* id : {"a", "b", "c"}) put({id, 1, large});
  for (const char* key : {"a_1", "b_1", "c_1"}) {
    const auto one = claim();
    EXPECT_EQ(keys(one), Keys{key}) << "the others keep their places";
    settle(one, Outcome::completed);
  }
}

TEST_P(QueueClaiming, WhatIsLargerThanARequestGoesAlone) {
  limits_.max_bytes = 50;
  put({"a", 1, R"({"x":")" + std::string(200, 'x') + R"("})"});
  put({"b", 1, R"({"x":1})"});
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
  EXPECT_EQ(keys(claim()), Keys{"b_1"});
}

TEST_P(QueueClaiming, SaysWhenThereIsWork) {
  ASSERT_TRUE(queue_->elect(limits_));
  EXPECT_EQ(queue_->next_due_us(), std::nullopt);
  put({"a", 1});
  EXPECT_EQ(queue_->next_due_us(), 0);
  const auto one = claim();
  put({"a", 2});
  EXPECT_EQ(queue_->next_due_us(), std::nullopt) << "it waits behind the one in flight";
  settle(one, Outcome::retry, 10);
  EXPECT_EQ(queue_->next_due_us(), clock_->wall_us() + 10'000'000);
  put({"b", 1});
  EXPECT_EQ(queue_->next_due_us(), 0);
  settle(claim(), Outcome::dead);
  EXPECT_EQ(queue_->next_due_us(), clock_->wall_us() + 10'000'000);
  clock_->advance_ms(10'000);
  EXPECT_EQ(queue_->next_due_us(), 0);
  settle(claim(), Outcome::completed);
  settle(claim(), Outcome::parked);
  EXPECT_EQ(queue_->next_due_us(), std::nullopt);
}

TEST_P(QueueClaiming, ALongBacklogIsDrainedCompletelyAndInOrder) {
  put_backlog(5000);
  const auto all = drain(100);
  ASSERT_EQ(all.size(), 5000U);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], "i" + std::to_string(i));
}

TEST_P(QueueClaiming, ManyOfOneInteractionDoNotHideTheOthers) {
  std::vector<Event> events;
  for (int i = 0; i < 3000; ++i) events.push_back({"busy", i + 1});
  put_all(events);
  put({"quiet", 1});
  auto all = drain(2);
  EXPECT_NE(std::ranges::find(all, "quiet_1"), all.end());
  EXPECT_EQ(queue_->stats().completed, 3001);
}

TEST_P(QueueClaiming, RetriesAreHeldBackBeyondTheirLimit) {
  put_backlog(4);
  settle(claim(2), Outcome::retry);
  limits_.max_requests = 4;
  limits_.max_updates = 1;
  limits_.max_retries = 0;
  auto claims = queue_->claim(limits_);
  ASSERT_EQ(claims.size(), 2U) << "the untried ones";
  for (const auto& one : claims) EXPECT_EQ(one.updates.front().attempts, 0);
  EXPECT_TRUE(queue_->claim(limits_).empty());
  limits_.max_retries = 1;
  claims = queue_->claim(limits_);
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims.front().updates.front().attempts, 1);
  limits_.max_retries = 5;
  EXPECT_EQ(queue_->claim(limits_).size(), 1U);
}

TEST_P(QueueClaiming, AlsoThoseOfARefusedBatch) {
  put_backlog(4);
  settle(claim(), Outcome::retry);
  settle(claim(), Outcome::split);
  limits_.max_retries = 0;
  EXPECT_TRUE(queue_->claim(limits_).empty());
  limits_.max_retries = 1;
  EXPECT_EQ(queue_->claim(limits_).size(), 1U);
}

TEST_P(QueueClaiming, NoRequestIsLargerThanItMayBe) {
  put_backlog(8);
  settle(claim(), Outcome::split);
  Keys all;
  for (const std::size_t size : {3U, 1U, 3U, 1U}) {
    const auto part = keys(claim(3));
    EXPECT_EQ(part.size(), size) << "a half in parts, not mixed with the other";
    all.insert(all.end(), part.begin(), part.end());
  }
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 8U);
}

TEST_P(QueueClaiming, TwoHandlesNeverHoldOneInteraction) {
  if (has_one_deliverer()) GTEST_SKIP() << "one deliverer at a time";
  const auto other = open();
  for (const char* id : {"a", "b"}) {
    for (int time = 1; time <= 3; ++time) put({id, time});
  }
  const auto mine = claim(1);
  put({mine.updates.front().interaction_id, 9});
  ASSERT_TRUE(other->elect(limits_));
  limits_.max_updates = 25;
  const auto theirs = other->claim(limits_);
  ASSERT_EQ(theirs.size(), 1U);
  ASSERT_EQ(theirs.front().updates.size(), 1U);
  EXPECT_NE(theirs.front().updates.front().interaction_id, mine.updates.front().interaction_id);
}

}  // namespace
}  // namespace cxrelay::testing
