// Several updates of one interaction (P5): sent as one, kept together once they were sent, parted when they are refused.
#include <algorithm>

#include "queue/waiting.hpp"
#include "queue_test.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::testing {
namespace {

class MergeTest : public QueueTest {
 protected:
  void put_three() {
    put({"a", 2, R"({"attributes":{"x":"two","y":2}})"});
    put({"a", 1, R"({"attributes":{"x":"one","w":1}})"});
    put({"a", 3, R"({"attributes":{"y":3}})"});
  }
  static constexpr const char* kThree = R"({"attributes":{"x":"two","w":1,"y":3}})";

  ClaimedUpdate claim_item() {
    last_ = claim();
    EXPECT_EQ(last_.updates.size(), 1U);
    return last_.updates.empty() ? ClaimedUpdate{} : last_.updates.front();
  }

  Claim last_;
};

TEST_F(MergeTest, WhatWaitsOfAnInteractionGoesAsOne) {
  put_three();
  const auto item = claim_item();
  EXPECT_EQ(item.payload, kThree);
  EXPECT_EQ(item.idempotency_key, "a_3") << "of the newest";
  EXPECT_EQ(item.merged, (std::vector<std::int64_t>{2, 1})) << "oldest first";
  EXPECT_EQ(queue_->stats().in_flight, 3);
  settle(last_, Outcome::completed);
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.completed, 3);
  EXPECT_EQ(stats.requests, 1);
  EXPECT_EQ(stats.attempts, 1) << "one item";
  for (const char* key : {"a_1", "a_2", "a_3"}) {
    EXPECT_EQ(queue_->find(key)->state, State::completed) << "each keeps its own record";
  }
}

TEST_F(MergeTest, EqualTimesGoInTheOrderOfArrival) {
  put({"a", 1, R"({"x":"first"})"});
  put({"a", 1, R"({"x":"second"})"});
  EXPECT_EQ(claim_item().payload, R"({"x":"second"})");
}

TEST_F(MergeTest, OthersAreNotMixedIn) {
  put_three();
  put({"b", 1});
  const auto both = claim();
  ASSERT_EQ(keys(both), (Keys{"a_3", "b_1"}));
  EXPECT_EQ(both.updates[0].payload, kThree);
  settle_each(both, {Outcome::completed, Outcome::retry});
  EXPECT_EQ(keys(claim()), Keys{"b_1"});
}

// Its key must not come with another payload.
TEST_F(MergeTest, ARetryCarriesTheSameKeyAndPayload) {
  put_three();
  settle(claim(), Outcome::retry, 10);
  put({"a", 4, R"({"attributes":{"x":"four"}})"});
  put({"a", 0, R"({"attributes":{"w":"zero","v":0}})"});
  for (const bool restart : {false, true}) {
    if (restart) open();
    clock_->advance_ms(20'000);
    const auto item = claim_item();
    EXPECT_EQ(item.idempotency_key, "a_3");
    EXPECT_EQ(item.payload, kThree);
    EXPECT_TRUE(claim().updates.empty()) << "the others wait";
    settle(last_, Outcome::retry, 10);
  }
  clock_->advance_ms(20'000);
  settle(claim(), Outcome::completed);
  const auto rest = claim_item();
  EXPECT_EQ(rest.idempotency_key, "a_4");
  EXPECT_EQ(rest.payload, R"({"attributes":{"v":0,"x":"four"}})") << "0 is late: w is set";
  settle(last_, Outcome::completed);
}

TEST_F(MergeTest, ADeliverersDeathKeepsThemTogether) {
  put_three();
  const auto before = claim_item();
  put({"a", 4, R"({"attributes":{"x":"four"}})"});
  open();  // the request was never settled
  clock_->advance_ms(3'600'000);
  const auto after = claim_item();
  EXPECT_EQ(after.idempotency_key, before.idempotency_key);
  EXPECT_EQ(after.payload, before.payload);
  EXPECT_EQ(after.attempts, 1);
  settle(last_, Outcome::completed);
}

TEST_F(MergeTest, OneThatWasSentAloneStaysAlone) {
  put({"a", 1});
  settle(claim(), Outcome::retry);
  put({"a", 2});
  EXPECT_EQ(claim_item().idempotency_key, "a_1");
}

TEST_F(MergeTest, AReleasedItemIsMadeAnew) {
  put({"a", 1, R"({"x":1})"});
  settle(claim(), Outcome::released);
  put({"a", 2, R"({"y":2})"});
  EXPECT_EQ(claim_item().payload, R"({"x":1,"y":2})") << "nothing of it had left";
}

TEST_F(MergeTest, ARefusedItemIsPartedAndOnlyTheGuiltyDies) {
  put_three();
  settle(claim(), Outcome::dead);
  EXPECT_EQ(queue_->stats().dead, 0);
  open();  // remembered
  EXPECT_EQ(claim_item().idempotency_key, "a_1") << "alone, in event-time order";
  settle(last_, Outcome::completed);
  EXPECT_EQ(claim_item().idempotency_key, "a_2");
  settle(last_, Outcome::dead);
  EXPECT_EQ(claim_item().idempotency_key, "a_3");
  settle(last_, Outcome::completed);
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.completed, 2);
  EXPECT_EQ(stats.dead, 1);
}

TEST_F(MergeTest, ARefusedBatchIsHalvedWithItsItemsWhole) {
  put_three();
  put({"b", 1});
  settle(claim(), Outcome::split);
  EXPECT_EQ(claim_item().payload, kThree);
  settle(last_, Outcome::completed);
  EXPECT_EQ(keys(claim()), Keys{"b_1"});
}

TEST_F(MergeTest, ALateOneOfSeveralIsReducedOrSuperseded) {
  put({"a", 5, R"({"x":5})"});
  settle(claim(), Outcome::completed);
  put({"a", 4, R"({"x":4})"});
  put({"a", 3, R"({"x":3,"y":3})"});
  put({"a", 6, R"({"z":6})"});
  EXPECT_EQ(claim_item().payload, R"({"y":3,"z":6})");
  settle(last_, Outcome::completed);
  EXPECT_EQ(queue_->find("a_4")->state, State::superseded);
  EXPECT_EQ(queue_->stats().completed, 3);
}

TEST_F(MergeTest, TooManyForOneItemFollowInOrder) {
  const int count = static_cast<int>(queue::kMostMerged) + 6;
  for (int i = 0; i < count; ++i) put({"a", i + 1, R"({"n":)" + std::to_string(i) + "}"});
  EXPECT_EQ(claim_item().payload, R"({"n":63})");
  settle(last_, Outcome::completed);
  EXPECT_EQ(claim_item().payload, R"({"n":69})");
  settle(last_, Outcome::completed);
  EXPECT_EQ(queue_->stats().completed, count);
}

TEST_F(MergeTest, TooMuchForOneItemFollowsInOrder) {
  const std::string large(150'000, 'x');
  put({"a", 1, R"({"x":")" + large + R"("})"});
  put({"a", 2, R"({"y":")" + large + R"("})"});
  put({"a", 3, R"({"z":3})"});
  EXPECT_EQ(claim_item().idempotency_key, "a_1");
  settle(last_, Outcome::completed);
  EXPECT_EQ(claim_item().idempotency_key, "a_3");
  settle(last_, Outcome::completed);
}

TEST_F(MergeTest, ABatchEndsWhereItsBytesAreUsedUp) {
  limits_.max_bytes = 100;
  const std::string large = R"({"x":")" + std::string(60, 'x') + R"("})";
  for (const char* id : {"a", "b", "c"}) put({id, 1, large});
  for (const char* key : {"a_1", "b_1", "c_1"}) {
    const auto one = claim();
    EXPECT_EQ(keys(one), Keys{key}) << "the others keep their places";
    settle(one, Outcome::completed);
  }
}

TEST_F(MergeTest, ARevivedItemKeepsItsKeyAndGoesBeforeNewerOnes) {
  put_three();
  settle(claim(), Outcome::parked);
  put({"a", 4, R"({"q":4})"});
  ListFilter all;
  EXPECT_EQ(queue_->revive(all, "test"), 3);
  const auto item = claim_item();
  EXPECT_EQ(item.idempotency_key, "a_3");
  EXPECT_EQ(item.payload, kThree);
  settle(last_, Outcome::completed);
}

TEST_F(MergeTest, AFileOfTheFirstVersionIsUpgraded) {
  put({"a", 1});
  put({"b", 1});
  settle(claim(1), Outcome::retry);
  queue_.reset();
  {
    sqlite::Database file(path_, sqlite::OpenMode::create);
    file.run(
        "ALTER TABLE pending DROP COLUMN item;"
        "UPDATE meta SET value = 1 WHERE name = 'schema_version'");
  }
  open();
  put({"a", 2});
  const auto both = claim();
  auto found = keys(both);
  std::ranges::sort(found);
  EXPECT_EQ(found, (Keys{"a_1", "b_1"})) << "what was sent before goes alone";
}

}  // namespace
}  // namespace cxrelay::testing
