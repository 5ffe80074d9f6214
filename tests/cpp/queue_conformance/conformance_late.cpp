// An older event never overwrites an attribute that a newer one has set, also when the newer one is delivered (P5).
#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

constexpr const char* kNew = R"({"attributes":{"x":"new","y":1}})";

TEST_P(QueueLateness, ALateEventLeavesOutWhatIsSet) {
  put({"a", 5, kNew});
  drain();
  put({"a", 4, R"({"attributes":{"x":"old","z":2}})"});
  EXPECT_EQ(claim_item().payload, R"({"attributes":{"z":2}})");
}

TEST_P(QueueLateness, OneWithNothingLeftIsSuperseded) {
  put({"a", 5, kNew});
  drain();
  restart();
  put({"a", 4, R"({"attributes":{"x":"old"}})"});
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->stats().superseded, 1);
  EXPECT_EQ(state_of("a_4"), State::superseded);
  ASSERT_EQ(journal("superseded").size(), 1U);
  EXPECT_EQ(journal("superseded").front().idempotency_key, "a_4");
  EXPECT_EQ(queue_->next_due_us(), std::nullopt);
}

TEST_P(QueueLateness, AnotherInteractionIsNotLate) {
  put({"a", 5, kNew});
  drain();
  put({"b", 4, R"({"attributes":{"x":"old"}})"});
  EXPECT_EQ(claim_item().payload, R"({"attributes":{"x":"old"}})");
}

TEST_P(QueueLateness, OfEqualTimesTheLaterToArriveIsNewer) {
  put({"a", 5, kNew});
  drain();
  put({"a", 5, R"({"attributes":{"x":"newer"}})"});
  EXPECT_EQ(claim_item().payload, R"({"attributes":{"x":"newer"}})");
}

TEST_P(QueueLateness, EveryNewerEventCounts) {
  put({"a", 5, R"({"x":5})"});
  drain();
  put({"a", 7, R"({"y":7})"});
  drain();
  put({"a", 6, R"({"x":6,"y":6,"z":6})"});
  EXPECT_EQ(claim_item().payload, R"({"x":6,"z":6})");
  settle_last(Outcome::completed);
  put({"a", 4, R"({"x":4,"y":4,"z":4,"w":4})"});
  EXPECT_EQ(claim_item().payload, R"({"w":4})");
}

TEST_P(QueueLateness, OneOfSeveralIsReducedOrSuperseded) {
  put({"a", 5, R"({"x":5})"});
  drain();
  put({"a", 4, R"({"x":4})"});
  put({"a", 3, R"({"x":3,"y":3})"});
  put({"a", 6, R"({"z":6})"});
  EXPECT_EQ(claim_item().payload, R"({"y":3,"z":6})");
  EXPECT_EQ(last_.updates.front().merged, (std::vector<std::int64_t>{5})) << "4 is not sent";
  settle_last(Outcome::completed);
  EXPECT_EQ(state_of("a_4"), State::superseded);
  EXPECT_EQ(queue_->stats().completed, 3);
}

TEST_P(QueueLateness, OneThatIsGivenUpHasSetNothing) {
  put({"a", 5});
  settle(claim(), Outcome::dead);
  put({"b", 5});
  settle(claim(), Outcome::parked);
  put({"a", 4});
  put({"b", 4});
  EXPECT_EQ(keys(claim()), (Keys{"a_4", "b_4"}));
}

TEST_P(QueueLateness, ItStaysReducedInARetry) {
  put({"a", 5, kNew});
  drain();
  put({"a", 4, R"({"attributes":{"x":"old","z":2}})"});
  settle(claim(), Outcome::retry);
  EXPECT_EQ(claim_item().payload, R"({"attributes":{"z":2}})");
}

TEST_P(QueueLateness, AlsoAfterARestart) {
  put({"a", 5, kNew});
  drain();
  put({"a", 4, R"({"attributes":{"x":"old","z":2}})"});
  settle(claim(), Outcome::retry);
  restart();
  EXPECT_EQ(claim_item().payload, R"({"attributes":{"z":2}})");
}

TEST_P(QueueLateness, AndAfterACrash) {
  put({"a", 5, kNew});
  drain();
  put({"a", 4, R"({"attributes":{"x":"old","z":2}})"});
  claim();
  crash();
  EXPECT_EQ(claim_item().payload, R"({"attributes":{"z":2}})");
}

TEST_P(QueueLateness, ARevivedOneMayHaveBecomeLate) {
  for (const Outcome outcome : {Outcome::dead, Outcome::parked}) {
    const std::string id(to_text(outcome));
    put({id, 4, R"({"x":"old","z":2})"});
    settle(claim(), outcome);
    put({id, 5, R"({"x":"new"})"});
    drain();
    EXPECT_EQ(queue_->revive({}, "test"), 1);
    EXPECT_EQ(claim_item().payload, R"({"z":2})");
    settle_last(Outcome::completed);
  }
}

TEST_P(QueueLateness, ARevivedOneWithNothingLeftIsSuperseded) {
  put({"a", 4, R"({"x":"old"})"});
  settle(claim(), Outcome::dead);
  put({"a", 5, R"({"x":"new"})"});
  drain();
  EXPECT_EQ(queue_->revive({}, "test"), 1);
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(state_of("a_4"), State::superseded);
}

TEST_P(QueueLateness, WhatWasDeliveredByAnotherDelivererCounts) {
  put({"a", 5, kNew});
  drain();
  queue_->resign();
  const auto before = std::exchange(queue_, open());
  put({"a", 6, R"({"attributes":{"z":6}})"});
  drain();
  put({"a", 4, R"({"attributes":{"x":"old","w":4,"z":4}})"});
  EXPECT_EQ(claim_item().payload, R"({"attributes":{"w":4}})");
}

}  // namespace
}  // namespace cxrelay::testing
