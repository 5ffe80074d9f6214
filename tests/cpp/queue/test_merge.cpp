// Merged items (P5) in a queue file: its own limits, and files from before there were items. What any queue must do
// with them is in tests/cpp/queue_conformance.
#include <algorithm>

#include "queue/waiting.hpp"
#include "queue_test.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::testing {
namespace {

class MergeTest : public QueueTest {
 protected:
  ClaimedUpdate claim_item() {
    last_ = claim();
    EXPECT_EQ(last_.updates.size(), 1U);
    return last_.updates.empty() ? ClaimedUpdate{} : last_.updates.front();
  }
  // As the first version wrote it, which knew of no items.
  void reopen_from_version_1() {
    queue_.reset();
    {
      sqlite::Database file(path_, sqlite::OpenMode::create);
      file.run(
          "ALTER TABLE pending DROP COLUMN item;"
          "DROP TABLE kept_events; DROP TABLE cut_requests;"
          "UPDATE meta SET value = 1 WHERE name = 'schema_version'");
    }
    open();
  }

  Claim last_;
};

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

TEST_F(MergeTest, AFileOfTheFirstVersionIsUpgraded) {
  put({"a", 1});
  put({"b", 1});
  settle(claim(1), Outcome::retry);
  reopen_from_version_1();
  put({"a", 2});
  const auto both = claim();
  auto found = keys(both);
  std::ranges::sort(found);
  EXPECT_EQ(found, (Keys{"a_1", "b_1"})) << "what was sent before goes alone";
}

TEST_F(MergeTest, WhatTheFirstVersionGaveUpComesBackAlone) {
  put({"a", 1});
  settle(claim(), Outcome::parked);
  reopen_from_version_1();
  put({"a", 2});
  EXPECT_EQ(queue_->revive({}, "test"), 1);
  const auto item = claim_item();
  EXPECT_EQ(item.idempotency_key, "a_1");
  EXPECT_TRUE(item.merged.empty());
}

}  // namespace
}  // namespace cxrelay::testing
