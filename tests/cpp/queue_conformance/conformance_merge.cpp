// Several updates of one interaction (P5): sent as one, kept together once they were sent, parted when they are
// refused.
#include <algorithm>

#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueueMerging, WhatWaitsOfAnInteractionGoesAsOne) {
  put_three();
  clock_->advance_ms(1000);
  put({"a", 4, R"({"attributes":{"v":4}})"});
  const auto item = claim_item();
  EXPECT_EQ(item.payload, R"({"attributes":{"x":"two","w":1,"y":3,"v":4}})");
  EXPECT_EQ(item.idempotency_key, "a_4") << "of the newest";
  EXPECT_EQ(item.event_time_us, 4'000'000);
  EXPECT_EQ(item.merged, (std::vector<std::int64_t>{2, 1, 3})) << "the others, oldest first";
  EXPECT_EQ(item.accepted_us, clock_->wall_us()) << "none is too old because another one is";
}

TEST_P(QueueMerging, EachKeepsItsOwnReceiptAndState) {
  put_three();
  claim_item();
  EXPECT_EQ(queue_->stats().in_flight, 3);
  settle_last(Outcome::completed);
  for (const char* key : {"a_1", "a_2", "a_3"}) EXPECT_EQ(state_of(key), State::completed);
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.completed, 3);
  EXPECT_EQ(stats.requests, 1);
  EXPECT_EQ(stats.attempts, 1) << "one item";
  EXPECT_EQ(put({"a", 1, R"({"attributes":{"x":"one","w":1}})"}).status, PutStatus::duplicate);
}

TEST_P(QueueMerging, EqualTimesGoInTheOrderOfArrival) {
  put({"a", 1, R"({"x":"first","y":1})"});
  put({"a", 1, R"({"x":"second"})"});
  EXPECT_EQ(claim_item().payload, R"({"x":"second","y":1})");
}

TEST_P(QueueMerging, ValuesKeepTheirText) {
  put({"a", 1, R"({"n":1.10,"big":12345678901234567890123,"f":false,"z":0,"o":{"p":1}})"});
  put({"a", 2, R"({"e":"ä","o":{"q":[1, {"r":2}]}})"});
  put({"a", 3, R"({"o":{"p":"now text"}})"});
  EXPECT_EQ(claim_item().payload, R"({"n":1.10,"big":12345678901234567890123,"f":false,"z":0,)"
                                  R"("o":{"p":"now text","q":[1, {"r":2}]},"e":"ä"})");
}

TEST_P(QueueMerging, OthersAreNotMixedIn) {
  put_three();
  put({"b", 1});
  const auto both = claim();
  ASSERT_EQ(keys(both), (Keys{"a_3", "b_1"}));
  EXPECT_EQ(both.updates[0].payload, kThree);
  settle_each(both, {Outcome::completed, Outcome::retry});
  EXPECT_EQ(keys(claim()), Keys{"b_1"});
}

// Its key must not come with another payload.
TEST_P(QueueMerging, ARetryCarriesTheSameKeyAndPayload) {
  put_three();
  settle(claim(), Outcome::retry, 10);
  put({"a", 4, R"({"attributes":{"x":"four"}})"});
  put({"a", 0, R"({"attributes":{"w":"zero","v":0}})"});
  for (const bool again : {false, true}) {
    if (again) restart();
    clock_->advance_ms(20'000);
    const auto item = claim_item();
    EXPECT_EQ(item.idempotency_key, "a_3");
    EXPECT_EQ(item.payload, kThree);
    EXPECT_EQ(item.merged, (std::vector<std::int64_t>{2, 1}));
    EXPECT_TRUE(claim().updates.empty()) << "the others wait";
    settle_last(Outcome::retry, 10);
  }
  clock_->advance_ms(20'000);
  settle(claim(), Outcome::completed);
  const auto rest = claim_item();
  EXPECT_EQ(rest.idempotency_key, "a_4");
  EXPECT_EQ(rest.payload, R"({"attributes":{"v":0,"x":"four"}})") << "0 is late: w is set";
}

TEST_P(QueueMerging, ADeliverersDeathKeepsThemTogether) {
  put_three();
  const auto before = claim_item();
  put({"a", 4, R"({"attributes":{"x":"four"}})"});
  for (int death = 1; death <= 3; ++death) {
    crash();
    const auto after = claim_item();
    EXPECT_EQ(after.idempotency_key, before.idempotency_key);
    EXPECT_EQ(after.payload, before.payload);
    EXPECT_EQ(after.attempts, death);
  }
}

TEST_P(QueueMerging, OneThatWasSentAloneStaysAlone) {
  put({"a", 1});
  settle(claim(), Outcome::retry);
  put({"a", 2});
  const auto item = claim_item();
  EXPECT_EQ(item.idempotency_key, "a_1");
  EXPECT_TRUE(item.merged.empty());
}

TEST_P(QueueMerging, AReleasedItemIsMadeAnew) {
  put({"a", 1, R"({"x":1})"});
  settle(claim(), Outcome::released);
  put({"a", 2, R"({"y":2})"});
  EXPECT_EQ(claim_item().payload, R"({"x":1,"y":2})") << "nothing of it had left";
}

TEST_P(QueueMerging, AReleasedItemThatWasSentBeforeIsNot) {
  put_three();
  settle(claim(), Outcome::retry);
  settle(claim(), Outcome::released);
  put({"a", 4, R"({"attributes":{"x":"four"}})"});
  EXPECT_EQ(claim_item().payload, kThree);
}

TEST_P(QueueMerging, ARefusedItemIsPartedAndOnlyTheGuiltyDies) {
  put_three();
  settle(claim(), Outcome::dead);
  EXPECT_EQ(queue_->stats().dead, 0);
  restart();
  EXPECT_EQ(claim_item().idempotency_key, "a_1") << "alone, in event-time order";
  settle_last(Outcome::completed);
  EXPECT_EQ(claim_item().idempotency_key, "a_2");
  settle_last(Outcome::dead);
  EXPECT_EQ(claim_item().idempotency_key, "a_3");
  settle_last(Outcome::completed);
  EXPECT_EQ(state_of("a_2"), State::dead);
  EXPECT_EQ(queue_->stats().completed, 2);
}

// Of limits all die: each has been sent as often as the others.
TEST_P(QueueMerging, AnItemThatHasUsedUpItsLimitsDiesAsAWhole) {
  put_three();
  settle(claim(), Outcome::retry);
  auto last = settlement_of(claim(), {Outcome::dead});
  last.outcomes.front().used_up = true;
  queue_->settle(std::span(&last, 1));
  EXPECT_TRUE(claim().updates.empty());
  for (const char* key : {"a_1", "a_2", "a_3"}) {
    EXPECT_EQ(state_of(key), State::dead);
    EXPECT_EQ(queue_->find(key)->attempts, 2);
  }
  EXPECT_EQ(queue_->revive({}, "test"), 3);
  EXPECT_EQ(claim_item().payload, kThree) << "the key has its payload still";
}

TEST_P(QueueMerging, PartedOnesAreNotMergedAgain) {
  put_three();
  settle(claim(), Outcome::dead);
  put({"a", 0, R"({"attributes":{"v":0}})"});
  EXPECT_EQ(claim_item().idempotency_key, "a_1") << "not with a_0, which was never sent";
  settle_last(Outcome::retry);
  crash();
  EXPECT_EQ(drain(), (Keys{"a_1", "a_2", "a_3", "a_0"}));
}

TEST_P(QueueMerging, ARefusedBatchIsHalvedWithItsItemsWhole) {
  put_three();
  put({"b", 1});
  settle(claim(), Outcome::split);
  put({"c", 1});
  EXPECT_EQ(claim_item().payload, kThree);
  settle_last(Outcome::completed);
  EXPECT_EQ(keys(claim()), Keys{"b_1"}) << "a half is not filled up";
  EXPECT_EQ(keys(claim()), Keys{"c_1"});
}

TEST_P(QueueMerging, ARefusedItemKeepsItsMembersOverACrash) {
  put_three();
  settle(claim(), Outcome::split);
  put({"a", 4, R"({"attributes":{"x":"four"}})"});
  crash();
  EXPECT_EQ(claim_item().payload, kThree);
}

// As before, with so much in between that the members are not read together.
TEST_P(QueueMerging, HoweverFarApartTheyAre) {
  put({"a", 1, R"({"x":1})"});
  std::vector<Event> others;
  for (int i = 0; i < 3000; ++i) others.push_back({"b", i + 1});
  put_all(others);
  put({"a", 2, R"({"y":2})"});
  const auto both = claim(25);
  ASSERT_EQ(both.updates.front().payload, R"({"x":1,"y":2})");
  settle(both, Outcome::split);
  restart();
  const auto again = claim(1);
  ASSERT_EQ(again.updates.size(), 1U);
  EXPECT_EQ(again.updates.front().payload, R"({"x":1,"y":2})");
}

TEST_P(QueueMerging, PartedOnesGoFirstHoweverFarApartTheyAre) {
  put({"a", 100});
  std::vector<Event> others;
  for (int i = 0; i < 3000; ++i) others.push_back({"b", i + 1});
  put_all(others);
  std::vector<Event> events;
  for (int i = 0; i < 99; ++i) events.push_back({"a", i + 1});
  put_all(events);
  const auto both = claim();
  const auto item = both.updates.front();
  ASSERT_LT(item.event_time_us, 100'000'000) << "the one that was put first is not in it";
  settle_each(both, {Outcome::dead, Outcome::released});
  restart();
  Keys expected;
  for (std::size_t i = 0; i <= item.merged.size(); ++i) {
    expected.push_back("a_" + std::to_string(i + 1));
  }
  Keys found;
  while (found.size() < expected.size()) {
    const auto one = claim_item(1);
    if (one.interaction_id == "a") found.push_back(one.idempotency_key);
    ASSERT_GT(one.seq, 0);
    settle_last(Outcome::completed);
  }
  EXPECT_EQ(found, expected);
}

TEST_P(QueueMerging, AnyNumberFollowsInOrder) {
  const int count = 200;
  std::vector<Event> events;
  for (int i = 0; i < count; ++i)
    events.push_back({"a", i + 1, R"({"n":)" + std::to_string(i) + "}"});
  put_all(events);
  std::int64_t newest = 0;
  for (auto one = claim(); !one.updates.empty(); one = claim()) {
    const auto& item = one.updates.front();
    EXPECT_GT(item.event_time_us, newest);
    newest = item.event_time_us;
    EXPECT_EQ(item.payload, R"({"n":)" + std::to_string(newest / 1'000'000 - 1) + "}");
    settle(one, Outcome::completed);
  }
  EXPECT_EQ(newest, count * 1'000'000);
  EXPECT_EQ(queue_->stats().completed, count);
}

TEST_P(QueueMerging, AnyAmountFollowsInOrder) {
  const std::string large(150'000, 'x');
  put({"a", 1, R"({"x":")" + large + R"("})"});
  put({"a", 2, R"({"y":")" + large + R"("})"});
  put({"a", 3, R"({"z":3})"});
  for (auto one = claim(); !one.updates.empty(); one = claim()) {
    EXPECT_LE(one.updates.front().payload.size(), 256U * 1024) << "as large as one event may be";
    settle(one, Outcome::completed);
  }
  EXPECT_EQ(queue_->stats().completed, 3);
}

TEST_P(QueueMerging, ARevivedItemKeepsItsKeyAndGoesBeforeNewerOnes) {
  put_three();
  settle(claim(), Outcome::parked);
  put({"a", 4, R"({"q":4})"});
  EXPECT_EQ(queue_->revive({}, "test"), 3);
  const auto item = claim_item();
  EXPECT_EQ(item.idempotency_key, "a_3");
  EXPECT_EQ(item.payload, kThree);
}

TEST_P(QueueMerging, ARevivalWithALimitDoesNotTearItApart) {
  put_three();
  put({"b", 1});
  settle(claim(), Outcome::parked);
  put({"c", 1});
  settle(claim(), Outcome::dead);
  ListFilter some;
  some.limit = 2;  // the dead one, and the item of three
  Keys meant;
  for (const auto& update : queue_->revivable(some)) meant.push_back(update.idempotency_key);
  std::ranges::sort(meant);
  EXPECT_EQ(meant, (Keys{"a_1", "a_2", "a_3", "c_1"}));
  EXPECT_EQ(queue_->revive(some, "test"), 4) << "updates";
  const auto both = claim();
  ASSERT_EQ(both.updates.size(), 2U);
  const auto& item = both.updates[both.updates[0].interaction_id == "a" ? 0 : 1];
  EXPECT_EQ(item.payload, kThree);
  EXPECT_EQ(item.idempotency_key, "a_3");
  EXPECT_EQ(state_of("b_1"), State::parked);
}

TEST_P(QueueMerging, NorDoesOneThatMeansSomeOfIt) {
  put({"a", 1, R"({"x":1})"});
  clock_->advance_ms(1000);
  const auto until = clock_->wall_us();
  put({"a", 2, R"({"y":2})"});
  settle(claim(), Outcome::parked);
  ListFilter older;
  older.accepted_until_us = until;
  EXPECT_EQ(queue_->revive(older, "test"), 2);
  EXPECT_EQ(claim_item().payload, R"({"x":1,"y":2})");
}

}  // namespace
}  // namespace cxrelay::testing
