#include "queue_test.hpp"

namespace cxrelay::testing {
namespace {

using ElectionTest = QueueTest;

TEST_F(ElectionTest, ThereIsOneDelivererAFile) {
  const auto other = open_queue();
  EXPECT_TRUE(queue_->elect(limits_));
  EXPECT_TRUE(queue_->elect(limits_));
  EXPECT_FALSE(other->elect(limits_));
  queue_->resign();
  EXPECT_TRUE(other->elect(limits_));
}

TEST_F(ElectionTest, AHangingDelivererIsReplacedAndChangesNothingAfterwards) {
  put({"a", 1});
  const auto stale = claim();
  const auto other = open_queue();
  EXPECT_FALSE(other->elect(limits_));
  clock_->advance_ms(31'000);  // no heartbeat in this time
  ASSERT_TRUE(other->elect(limits_));
  const auto again = other->claim(limits_);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again.front().updates.front().attempts, 1);
  EXPECT_THROW(settle(stale, Outcome::dead), FencedError);
  EXPECT_EQ(queue_->stats().dead, 0);
  EXPECT_FALSE(queue_->elect(limits_));
}

TEST_F(ElectionTest, ADelivererThatBeatsIsNotReplaced) {
  const auto other = open_queue();
  for (int i = 0; i < 10; ++i) {
    claim();
    EXPECT_FALSE(other->elect(limits_));
    clock_->advance_ms(10'000);
  }
}

TEST_F(ElectionTest, RequestsOfADeadDelivererAreUnknown) {
  put({"a", 1});
  put({"b", 2});
  claim();
  open();
  limits_.idempotent = true;
  const auto again = claim();
  EXPECT_EQ(again.updates.size(), 2U);
  EXPECT_EQ(again.updates.front().attempts, 1);
  const auto records = queue_->audit_source().read(0, 100);
  const auto& finished = records[3];
  EXPECT_EQ(finished.action, "finished");
  EXPECT_EQ(finished.request_id, records[2].request_id);
  EXPECT_NE(finished.detail.find("\"UNKNOWN\""), std::string::npos);
}

TEST_F(ElectionTest, OnATargetThatIsNotIdempotentTheyArePark) {
  put({"a", 1});
  claim();
  open();
  limits_.idempotent = false;
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->stats().parked, 1);
}

TEST_F(ElectionTest, TheNextDelivererKnowsBeforeWhenNotToSend) {
  EXPECT_EQ(queue_->gate_until_us("test"), 0);
  ASSERT_TRUE(queue_->elect(limits_));
  limits_.gate_until_us = clock_->wall_us() + 600'000'000;
  queue_->claim(limits_);
  open();
  EXPECT_EQ(queue_->gate_until_us("test"), limits_.gate_until_us);
  EXPECT_EQ(queue_->gate_until_us("another"), 0);
  const auto kept = limits_.gate_until_us;
  limits_.gate_until_us = 0;  // no news
  ASSERT_TRUE(queue_->elect(limits_));
  queue_->claim(limits_);
  EXPECT_EQ(queue_->gate_until_us("test"), kept);
}

TEST_F(ElectionTest, OneThatHasLostItsRightClosesNoGate) {
  ASSERT_TRUE(queue_->elect(limits_));
  const auto other = open_queue();
  EXPECT_FALSE(other->elect(limits_));
  clock_->advance_ms(31'000);
  ASSERT_TRUE(other->elect(limits_));
  limits_.gate_until_us = clock_->wall_us() + 600'000'000;
  EXPECT_THROW(queue_->claim(limits_), FencedError);
  EXPECT_EQ(other->gate_until_us("test"), 0);
}

TEST_F(ElectionTest, ASettlementCountsOnce) {
  put({"a", 1});
  const auto one = claim();
  settle(one, Outcome::completed);
  EXPECT_THROW(settle(one, Outcome::dead), FencedError);
  EXPECT_TRUE(queue_->elect(limits_));
  EXPECT_EQ(queue_->stats().completed, 1);
}

TEST_F(ElectionTest, ASettlementOfTheWrongSizeChangesNothing) {
  put({"a", 1});
  const auto one = claim();
  EXPECT_THROW(settle_each(one, {}), Error);
  settle(one, Outcome::completed);
}

}  // namespace
}  // namespace cxrelay::testing
