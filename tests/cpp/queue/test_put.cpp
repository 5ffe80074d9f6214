#include <fmt/format.h>

#include "queue_test.hpp"

namespace cxrelay::testing {
namespace {

using PutTest = QueueTest;

TEST_F(PutTest, GivesAReceiptAndMakesTheUpdateWait) {
  const auto receipt = put({"i1", 5});
  EXPECT_EQ(receipt.status, PutStatus::accepted);
  EXPECT_EQ(receipt.idempotency_key, "i1_5");
  EXPECT_EQ(queue_->stats().pending, 1);
}

TEST_F(PutTest, TheSameEventAgainIsADuplicate) {
  const auto first = put({"i1", 5});
  const auto again = put({"i1", 5});
  EXPECT_EQ(again.status, PutStatus::duplicate);
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(queue_->stats().accepted, 1);
}

TEST_F(PutTest, WhitespaceDoesNotMakeAnotherEvent) {
  put({"i1", 5, R"({"a":1})", R"({"x": "a b"})"});
  EXPECT_EQ(put({"i1", 5, R"({"a":1})", "{ \"x\" :\n\"a b\"}"}).status, PutStatus::duplicate);
  EXPECT_EQ(put({"i1", 5, R"({"a":1})", R"({"x":"ab"})"}).status, PutStatus::conflict);
}

TEST_F(PutTest, TheSameKeyWithAnotherPayloadIsKeptAndRecorded) {
  const auto first = put({"i1", 5, R"({"attributes":{"a":1}})"});
  const auto other = put({"i1", 5, R"({"attributes":{"a":2}})"});
  EXPECT_EQ(other.status, PutStatus::conflict);
  EXPECT_NE(other.idempotency_key, first.idempotency_key);
  EXPECT_TRUE(other.idempotency_key.starts_with("i1_5#"));
  EXPECT_EQ(put({"i1", 5, R"({"attributes":{"a":2}})"}).seq, other.seq);
  const auto records = queue_->audit_source().read(other.seq - 1, 1);
  EXPECT_EQ(records.front().detail, R"({"conflict_with":1})");
}

TEST_F(PutTest, AnIdentityOfItsOwnTellsEventsApartAndIsNotStored) {
  NewUpdate update{"i1_5", "i1", 5, R"({"a":"***"})", R"({"b":1})", "v1"};
  update.identity = R"({"a":"canary one"})";
  update.privacy = R"({"masked":1})";
  EXPECT_EQ(queue_->put(std::span(&update, 1)).front().status, PutStatus::accepted);
  update.original = R"({"a":"something else"})";
  EXPECT_EQ(queue_->put(std::span(&update, 1)).front().status, PutStatus::duplicate);
  update.identity = R"({"a":"canary two"})";
  EXPECT_EQ(queue_->put(std::span(&update, 1)).front().status, PutStatus::conflict);
  const auto records = queue_->audit_source().read(0, 10);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].original, R"({"a":"***"})");
  EXPECT_EQ(records[0].detail, R"({"privacy":{"masked":1}})");
  EXPECT_EQ(records[1].detail, R"({"conflict_with":1,"privacy":{"masked":1}})");
}

TEST_F(PutTest, NothingToWriteIsRecordedAndDoesNotWait) {
  EXPECT_EQ(put({"i1", 5, ""}).status, PutStatus::empty);
  EXPECT_EQ(put({"i1", 5, ""}).status, PutStatus::duplicate);
  EXPECT_EQ(queue_->stats().pending, 0);
  EXPECT_EQ(queue_->stats().empty, 1);
}

TEST_F(PutTest, SurvivesClosing) {
  const auto receipt = put({"i1", 5});
  open();
  EXPECT_EQ(put({"i1", 5}).seq, receipt.seq);
  EXPECT_EQ(queue_->find("i1_5")->state, State::pending);
}

TEST_F(PutTest, AnEventOlderThanOthersIsComparedWithThoseOfItsTime) {
  const auto first = put({"i1", 5});
  put({"i2", 9});
  EXPECT_EQ(put({"i1", 5}).seq, first.seq);
  EXPECT_EQ(put({"i1", 5, R"({"a":2})"}).status, PutStatus::conflict);
  EXPECT_EQ(put({"i1", 7}).status, PutStatus::accepted);
  EXPECT_EQ(put({"i2", 9}).status, PutStatus::duplicate);
}

TEST_F(PutTest, ManyInOneCallAreStoredAsIfTheyCameOneByOne) {
  std::vector<std::string> bodies(1000);
  for (std::size_t i = 0; i < bodies.size(); ++i)
    bodies[i] = fmt::format(R"({{"a": {}}})", i % 700);
  std::vector<NewUpdate> updates(bodies.size());
  for (std::size_t i = 0; i < updates.size(); ++i) {
    updates[i].idempotency_key = updates[i].interaction_id = "i1";
    updates[i].event_time_us = 1;
    updates[i].original = updates[i].mapped = bodies[i];
  }
  const auto receipts = queue_->put(updates);
  ASSERT_EQ(receipts.size(), bodies.size());
  EXPECT_EQ(receipts[699].seq, 700);
  for (std::size_t i = 700; i < receipts.size(); ++i) {
    EXPECT_EQ(receipts[i].status, PutStatus::duplicate) << i;
    EXPECT_EQ(receipts[i].seq, receipts[i - 700].seq) << i;
  }
  EXPECT_EQ(queue_->audit_source().read(699, 1).front().original, bodies[699]);
}

TEST_F(PutTest, AConflictWithinOneCallIsSeen) {
  std::vector<NewUpdate> updates(3);
  for (auto& update : updates) {
    update.idempotency_key = "i1_5";
    update.interaction_id = "i1";
    update.mapped = R"({"a":1})";
  }
  updates[1].mapped = R"({"a":2})";
  const auto receipts = queue_->put(updates);
  EXPECT_EQ(receipts[0].status, PutStatus::accepted);
  EXPECT_EQ(receipts[1].status, PutStatus::conflict);
  EXPECT_EQ(receipts[2].status, PutStatus::duplicate);
}

TEST_F(PutTest, MoreThanOneGroupIsStoredInOrder) {
  SqliteQueueOptions options;
  options.path = directory_.file("small.db");
  options.max_group_rows = 10;
  const auto small = open_sqlite_queue(options, clock_);
  std::vector<std::string> ids;
  for (int i = 0; i < 95; ++i) ids.push_back("i" + std::to_string(i));
  std::vector<NewUpdate> updates(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    updates[i].idempotency_key = updates[i].interaction_id = ids[i];
    updates[i].mapped = R"({"a":1})";
  }
  const auto receipts = small->put(updates);
  ASSERT_EQ(receipts.size(), 95U);
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    EXPECT_EQ(receipts[i].seq, static_cast<std::int64_t>(i + 1));
  }
  EXPECT_TRUE(small->check().ok);
}

TEST_F(PutTest, RejectsAreRecordedWithoutTheirContent) {
  const Reject reject{R"({"secret":"s3cr3t"})", "interactionId: missing"};
  queue_->put_rejects(std::span(&reject, 1));
  const auto record = queue_->audit_source().read(0, 10).front();
  EXPECT_EQ(record.action, "rejected");
  EXPECT_NE(record.detail.find("interactionId: missing"), std::string::npos);
  EXPECT_NE(record.detail.find("\"size\":19"), std::string::npos);
  EXPECT_EQ(record.detail.find("s3cr3t"), std::string::npos);
  EXPECT_FALSE(record.original);
}

TEST_F(PutTest, AFloodOfRejectsIsCountedButNotRecorded) {
  const std::vector<Reject> rejects(1000, Reject{"x", "(body): json_invalid"});
  queue_->put_rejects(rejects);
  EXPECT_EQ(queue_->stats().rejected, 1000);
  EXPECT_EQ(queue_->stats().journal_records, 600);
  clock_->advance_ms(60'000);
  queue_->put_rejects(rejects);
  EXPECT_EQ(queue_->stats().journal_records, 1200);
}

TEST_F(PutTest, TellsThatSomethingCanBeClaimed) {
  int told = 0;
  queue_->on_put([&] { ++told; });
  put({"i1", 5});
  put({"i1", 5});      // a duplicate is nothing new
  put({"i2", 5, ""});  // nothing to write
  EXPECT_EQ(told, 1);
}

TEST_F(PutTest, NoticesThatAnotherHandlePut) {
  const auto other = open_queue();
  queue_->changed();
  EXPECT_FALSE(queue_->changed());
  put_into(*other, {{"i1", 5}});
  EXPECT_TRUE(queue_->changed());
  EXPECT_FALSE(queue_->changed());
  put_into(*other, {{"i1", 5}});  // a duplicate changes nothing
  EXPECT_FALSE(queue_->changed());
}

TEST_F(PutTest, MissesNoChangeThatIsReadBeforeItIsAskedFor) {
  const auto other = open_queue();
  queue_->changed();
  put_into(*other, {{"i1", 5}});
  EXPECT_EQ(queue_->stats().accepted, 1);
  EXPECT_TRUE(queue_->changed());
}

}  // namespace
}  // namespace cxrelay::testing
