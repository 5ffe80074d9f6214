// What a put promises (P1, P2).
#include <atomic>
#include <set>
#include <thread>

#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueuePutting, AReceiptNamesTheRecordAndTheKey) {
  const auto receipt = put({"a", 5});
  EXPECT_EQ(receipt.status, PutStatus::accepted);
  EXPECT_EQ(receipt.idempotency_key, "a_5");
  const auto records = journal();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.front().seq, receipt.seq);
  EXPECT_EQ(records.front().action, "accepted");
  EXPECT_EQ(state_of("a_5"), State::pending);
}

TEST_P(QueuePutting, BytesAreKeptAsTheyCame) {
  const std::string original = "{ \"s\": \"\\u0000 \xC3\xA4 \xF0\x9F\x98\x80\",\n\t\"n\": 1.10 }";
  const std::string mapped = R"({"n":123456789012345678901234567890.10,"s":"ä"})";
  put({"a", 1, mapped, original});
  restart();
  const auto record = journal().front();
  EXPECT_EQ(record.original, original);
  EXPECT_EQ(record.mapped, mapped);
  EXPECT_EQ(record.mapping_version, "v1");
  EXPECT_EQ(claim_item().payload, mapped);
}

TEST_P(QueuePutting, ALargeEventIsAnEvent) {
  const std::string mapped = R"({"x":")" + std::string(255 * 1024, 'x') + R"("})";
  put({"a", 1, mapped});
  EXPECT_EQ(claim_item().payload, mapped);
}

TEST_P(QueuePutting, TheSameEventAgainIsADuplicate) {
  const auto first = put({"a", 5});
  for (const auto& again : {put({"a", 5}), put_into(*open(), {{"a", 5}}).front()}) {
    EXPECT_EQ(again.status, PutStatus::duplicate);
    EXPECT_EQ(again.seq, first.seq);
    EXPECT_EQ(again.idempotency_key, first.idempotency_key);
  }
  EXPECT_EQ(queue_->stats().accepted, 1);
  EXPECT_EQ(journal().size(), 1U);
}

TEST_P(QueuePutting, ItIsOneInWhateverStateTheFirstIs) {
  for (const Outcome outcome :
       {Outcome::completed, Outcome::retry, Outcome::dead, Outcome::parked}) {
    const std::string id(to_text(outcome));
    const auto first = put({id, 5});
    const auto one = claim();
    EXPECT_EQ(put({id, 5}).seq, first.seq) << "in flight";
    settle(one, outcome, 3600);
    EXPECT_EQ(put({id, 5}).status, PutStatus::duplicate) << id;
  }
  crash();
  EXPECT_EQ(put({"completed", 5}).status, PutStatus::duplicate);
  EXPECT_TRUE(claim().updates.empty());
}

TEST_P(QueuePutting, WhitespaceDoesNotMakeAnotherEvent) {
  put({"a", 5, R"({"a":1})", R"({"x": "a b"})"});
  EXPECT_EQ(put({"a", 5, R"({"a":1})", "{ \"x\" :\n\"a b\"}"}).status, PutStatus::duplicate);
  EXPECT_EQ(put({"a", 5, R"({"a":1})", R"({"x":"ab"})"}).status, PutStatus::conflict);
}

TEST_P(QueuePutting, AnotherPayloadUnderTheSameKeyIsKept) {
  const auto first = put({"a", 5, R"({"x":1})"});
  const auto other = put({"a", 5, R"({"y":2})"});
  EXPECT_EQ(other.status, PutStatus::conflict);
  EXPECT_NE(other.seq, first.seq);
  EXPECT_TRUE(other.idempotency_key.starts_with("a_5#")) << other.idempotency_key;
  const auto third = put({"a", 5, R"({"z":3})"});
  EXPECT_EQ(third.status, PutStatus::conflict);
  EXPECT_NE(third.idempotency_key, other.idempotency_key);
  const auto again = put({"a", 5, R"({"y":2})"});
  EXPECT_EQ(again.status, PutStatus::duplicate);
  EXPECT_EQ(again.seq, other.seq);
  EXPECT_EQ(again.idempotency_key, other.idempotency_key);
  EXPECT_NE(journal()[1].detail.find("conflict_with"), std::string::npos);
  EXPECT_EQ(claim_item().payload, R"({"x":1,"y":2,"z":3})");
}

TEST_P(QueuePutting, NothingToWriteIsRecordedAndNeverSent) {
  EXPECT_EQ(put({"a", 5, ""}).status, PutStatus::empty);
  EXPECT_EQ(put({"a", 5, ""}).status, PutStatus::duplicate);
  EXPECT_EQ(put({"a", 5, "", R"({"other":1})"}).status, PutStatus::empty);
  EXPECT_EQ(journal("skipped").size(), 2U);
  EXPECT_EQ(queue_->next_due_us(), std::nullopt);
  EXPECT_TRUE(claim().updates.empty());
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.accepted, 2);
  EXPECT_EQ(stats.empty, 2);
  EXPECT_EQ(stats.pending, 0);
}

TEST_P(QueuePutting, OneCallIsAnsweredInItsOrder) {
  const auto receipts = put_all({{"a", 1, R"({"x":1})"},
                                 {"b", 1},
                                 {"a", 1, R"({"x":2})"},
                                 {"a", 1, R"({"x":1})"},
                                 {"c", 1, ""}});
  std::vector<PutStatus> statuses;
  for (const auto& receipt : receipts) statuses.push_back(receipt.status);
  EXPECT_EQ(statuses, (std::vector{PutStatus::accepted, PutStatus::accepted, PutStatus::conflict,
                                   PutStatus::duplicate, PutStatus::empty}));
  EXPECT_LT(receipts[0].seq, receipts[1].seq);
  EXPECT_LT(receipts[1].seq, receipts[2].seq);
  EXPECT_EQ(receipts[3].seq, receipts[0].seq);
  EXPECT_TRUE(put_all({}).empty());
}

TEST_P(QueuePutting, WhatHasAReceiptSurvivesACrash) {
  const auto receipt = put({"a", 5});
  crash();
  EXPECT_EQ(put({"a", 5}).seq, receipt.seq);
  EXPECT_EQ(drain(), Keys{"a_5"});
}

TEST_P(QueuePutting, ManyWhoPutAtOnceStoreEachEventOnce) {
  constexpr int kThreads = 4;
  constexpr int kEvents = 60;
  std::vector<std::unique_ptr<Queue>> handles;
  handles.push_back(open());
  handles.push_back(open());
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Queue& queue = *handles[static_cast<std::size_t>(t) % handles.size()];
      for (int i = 0; i < kEvents; ++i) {
        const auto receipts =
            put_into(queue, {{"same", i}, {"own" + std::to_string(t), i}, {"same", i}});
        for (const auto& receipt : receipts) accepted += receipt.status == PutStatus::accepted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, kEvents * (kThreads + 1));
  std::set<std::string> stored;
  for (const auto& record : journal("accepted")) stored.insert(record.idempotency_key);
  EXPECT_EQ(stored.size(), static_cast<std::size_t>(kEvents * (kThreads + 1)));
}

TEST_P(QueuePutting, TellsThatSomethingCanBeClaimed) {
  int told = 0;
  queue_->on_put([&] { ++told; });
  put({"a", 5});
  EXPECT_EQ(told, 1);
  put({"a", 5});      // a duplicate is nothing new
  put({"b", 5, ""});  // nothing to write
  EXPECT_EQ(told, 1);
  queue_->on_put({});
  put({"c", 5});
  EXPECT_EQ(told, 1);
}

TEST_P(QueuePutting, ARejectLeavesSizeHashAndReason) {
  const Reject reject{R"({"secret":"s3cr3t"})", "interactionId: missing"};
  queue_->put_rejects(std::span(&reject, 1));
  const auto record = journal().front();
  EXPECT_EQ(record.action, "rejected");
  EXPECT_NE(record.detail.find("interactionId: missing"), std::string::npos);
  EXPECT_NE(record.detail.find("\"size\":19"), std::string::npos);
  EXPECT_EQ(record.detail.find("s3cr3t"), std::string::npos);
  EXPECT_FALSE(record.original);
  EXPECT_EQ(queue_->stats().rejected, 1);
}

}  // namespace
}  // namespace cxrelay::testing
