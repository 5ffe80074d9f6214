// An operator has the payloads of an interaction erased: nobody sends it any more, and everything else goes on.
#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueueForgetting, OutlivesACrashAndEndsWhatWaits) {
  put({"a", 1});
  put({"b", 2});
  EXPECT_EQ(queue_->forget("a", "alice").ended, 1);
  crash();
  EXPECT_EQ(state_of("a_1"), State::dead);
  EXPECT_TRUE(queue_->find("a_1")->erased);
  EXPECT_FALSE(queue_->find("b_2")->erased);
  EXPECT_EQ(queue_->revive({}, "bob"), 0);
  EXPECT_EQ(drain(), Keys{"b_2"});
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.dead, 1);
  EXPECT_EQ(stats.pending, 0);
  EXPECT_EQ(journal("erased").size(), 1U);
  for (const auto& record : journal()) {
    EXPECT_EQ(record.original.has_value(), record.idempotency_key == "b_2") << record.seq;
  }
}

TEST_P(QueueForgetting, IsRefusedInFlightAndPossibleAfterwards) {
  put({"a", 1});
  claim_item();
  EXPECT_THROW(queue_->forget("a", "alice"), StoreError);
  EXPECT_TRUE(journal("erased").empty());
  settle_last(Outcome::completed);
  const auto done = queue_->forget("a", "alice");
  EXPECT_EQ(done.erased, std::vector<std::int64_t>{1});
  EXPECT_EQ(done.ended, 0);
  EXPECT_EQ(state_of("a_1"), State::completed);
}

TEST_P(QueueForgetting, LaterEventsOfTheInteractionAreDelivered) {
  put({"a", 2});
  settle(claim(), Outcome::retry, 60);
  queue_->forget("a", "alice");
  EXPECT_EQ(put({"a", 2}).status, PutStatus::duplicate);
  put({"a", 3});
  EXPECT_EQ(drain(), Keys{"a_3"});
}

}  // namespace
}  // namespace cxrelay::testing
