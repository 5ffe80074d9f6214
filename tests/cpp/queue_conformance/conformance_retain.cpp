// What is old, exported and done loses its payloads and then its records; everything else goes on as before.
#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueueRetention, WaitsForTheAge) {
  put({"a", 1});
  drain();
  export_all();
  age(6);
  auto done = retain();
  EXPECT_EQ(done.erased, 0);
  EXPECT_EQ(done.erased_until_seq, 0);
  EXPECT_EQ(done.end, RetentionEnd::age);
  age(2);
  done = retain();
  EXPECT_EQ(done.erased, 1);
  EXPECT_EQ(done.erased_until_seq, 3);
  EXPECT_EQ(done.deleted, 0);
  EXPECT_EQ(queue_->stats().erased_until_seq, 3);
}

TEST_P(QueueRetention, WaitsForTheExport) {
  put({"a", 1});
  drain();
  put({"b", 2});
  drain();
  age();
  EXPECT_EQ(retain().end, RetentionEnd::export_mark);
  EXPECT_EQ(queue_->stats().erased_until_seq, 0);
  queue_->audit_source().set_exported(3);
  const auto done = retain();
  EXPECT_EQ(done.erased, 1);
  EXPECT_EQ(done.erased_until_seq, 3);
  EXPECT_EQ(done.end, RetentionEnd::export_mark);
  RetentionLimits limits;
  limits.exported_only = false;
  EXPECT_EQ(queue_->retain(limits).erased, 1);
}

TEST_P(QueueRetention, WhatIsErasedKeepsItsDigestsAndStaysADuplicate) {
  put({"a", 1});
  put({"b", 1, ""});  // nothing to write
  drain();
  export_all();
  age();
  EXPECT_EQ(retain().erased, 2);
  EXPECT_EQ(retain().erased, 0);
  for (const auto& record : journal()) {
    EXPECT_FALSE(record.original || record.mapped) << record.seq;
    EXPECT_EQ(record.original_digest.has_value(),
              record.action == "accepted" || record.action == "skipped")
        << record.seq;
  }
  EXPECT_TRUE(queue_->find("a_1")->erased);
  EXPECT_EQ(state_of("a_1"), State::completed);
  EXPECT_EQ(put({"a", 1}).status, PutStatus::duplicate);
}

TEST_P(QueueRetention, WhatIsNotDoneKeepsItsPayload) {
  put_all({{"waits", 1}, {"dead", 1}, {"parked", 1}, {"retried", 1}, {"done", 1}, {"new", 1}});
  settle_each(
      claim(5),
      {Outcome::released, Outcome::dead, Outcome::parked, Outcome::retry, Outcome::completed}, 60);
  export_all();
  age();
  const auto done = retain();
  EXPECT_EQ(done.erased, 1);
  EXPECT_EQ(done.held_up_by_seq, 1);
  const auto in_flight = claim();
  EXPECT_EQ(in_flight.updates.size(), 3U);
  EXPECT_EQ(retain().erased, 0);
  settle(in_flight, Outcome::completed);
  EXPECT_EQ(retain().erased, 3);
  EXPECT_EQ(queue_->revive({}, "alice"), 2);
  EXPECT_EQ(drain().size(), 2U);
  const auto rest = retain();
  EXPECT_EQ(rest.erased, 2);
  EXPECT_EQ(rest.held_up_by_seq, 0);
}

// A dead update may be older than what was delivered since: what that has set must stay known.
TEST_P(QueueRetention, NewerEventsOfADeadUpdateStayKnown) {
  put({"a", 5, R"({"attributes":{"x":"old","y":1}})"});
  settle(claim(), Outcome::dead);
  put({"a", 6, R"({"attributes":{"x":"new"}})"});
  drain();
  export_all();
  age();
  const auto done = retain();
  EXPECT_EQ(done.erased, 0);
  EXPECT_EQ(done.held_up_by_seq, 1);
  restart();
  queue_->revive({}, "alice");
  EXPECT_EQ(claim_item().payload, R"({"attributes":{"y":1}})");
  settle_last(Outcome::completed);
  export_all();
  EXPECT_EQ(retain().erased, 2);
}

TEST_P(QueueRetention, AnErasureByAnOperatorEndsTheHolding) {
  put({"a", 1});
  settle(claim(), Outcome::dead);
  live_through(1500);
  export_all();
  age();
  EXPECT_EQ(retain().deleted, 0);
  EXPECT_EQ(queue_->stats().held_up_by_seq, 1);
  queue_->forget("a", "alice");
  const auto done = retain();
  EXPECT_EQ(done.held_up_by_seq, 0);
  EXPECT_GT(done.deleted, 500);
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.dead, 1);  // it is counted, and not there any more
  EXPECT_EQ(stats.pending, 0);
  EXPECT_FALSE(queue_->find("a_1"));
  EXPECT_TRUE(queue_->list({}).empty());
}

TEST_P(QueueRetention, RecordsGoFromTheBeginningAndTheRestGoesOn) {
  live_through(3000);
  const auto before = queue_->stats();
  const auto first_hash = journal().front().hash;
  EXPECT_EQ(queue_->audit_source().deleted_first_hash(), std::nullopt);
  export_all();
  age();
  put({"young", 1});
  const auto done = retain();
  EXPECT_EQ(done.erased, 3000);
  EXPECT_EQ(done.erased_until_seq, before.journal_records);
  EXPECT_EQ(done.deleted, before.journal_records + 1 - 1000 - 1);
  EXPECT_EQ(done.first_seq, done.deleted + 1);
  EXPECT_EQ(journal().front().seq, done.first_seq);
  EXPECT_EQ(queue_->audit_source().deleted_first_hash(), first_hash);
  const auto after = queue_->stats();
  EXPECT_EQ(after.completed, before.completed);
  EXPECT_EQ(after.attempts, before.attempts);
  EXPECT_EQ(after.requests, before.requests);
  EXPECT_EQ(after.journal_records, before.journal_records + 1);
  EXPECT_EQ(after.pending, 1);
  EXPECT_EQ(after.first_seq, done.first_seq);
  crash();
  EXPECT_EQ(retain().deleted, 0);
  EXPECT_EQ(drain(), Keys{"young_1"});
  EXPECT_EQ(put({"p1000", 1000}).status, PutStatus::accepted);  // it is not known any more
  EXPECT_EQ(drain(), Keys{"p1000_1000"});
}

// Wherever the records end, in the middle of requests and of updates that were sent again: check still adds up.
TEST_P(QueueRetention, TheBoundaryMayCutAnything) {
  for (int round = 0; round < 60; ++round) {
    const std::string id = std::to_string(round);
    put({"a" + id, 3, R"({"x":3})"});
    put({"a" + id, 4, R"({"y":4})"});
    put({"b" + id, 1, R"({"x":1})"});
    const auto first = claim(1);
    const auto second = claim(1);
    settle(first, round % 3 == 0 ? Outcome::retry : Outcome::dead);
    const auto third = claim(2);
    settle(second, round % 2 == 0 ? Outcome::parked : Outcome::completed);
    settle(third, Outcome::completed);
    queue_->revive({}, "alice");
    put({"a" + id, 2, R"({"x":2})"});  // late
    const Reject reject{"{", "(body): json_invalid"};
    queue_->put_rejects(std::span(&reject, 1));
    drain(2);
  }
  live_through(1000);
  export_all();
  age();
  const auto before = queue_->stats();
  EXPECT_EQ(before.dead + before.parked + before.pending, 0);
  ASSERT_TRUE(queue_->check().ok);
  for (int step = 1; step < 2000; step += 7) {
    const auto done = retain(static_cast<std::size_t>(step % 50 + 1));
    const auto checked = queue_->check();
    ASSERT_TRUE(checked.ok) << done.first_seq << ": " << checked.problems.front();
    if (done.end != RetentionEnd::limit) break;
  }
  while (retain(13).end == RetentionEnd::limit) {
    const auto checked = queue_->check();
    ASSERT_TRUE(checked.ok) << checked.problems.front();
  }
  EXPECT_GT(queue_->stats().first_seq, 700);
  EXPECT_EQ(queue_->stats().attempts, before.attempts);
}

TEST_P(QueueRetention, ADryRunTellsWhatWouldHappen) {
  put({"a", 1});
  settle(claim(), Outcome::dead);
  live_through(1500);
  export_all();
  age();
  put({"young", 1});
  RetentionLimits limits;
  limits.dry_run = true;
  const auto told = queue_->retain(limits);
  EXPECT_EQ(told.erased, 1500);
  EXPECT_EQ(told.deleted, 0);
  EXPECT_EQ(told.held_up_by_seq, 1);
  EXPECT_EQ(queue_->stats().erased_until_seq, 0);
  EXPECT_EQ(retain().erased, told.erased);
  queue_->forget("a", "alice");
  const auto rest = queue_->retain(limits);
  EXPECT_EQ(rest.erased, 0);
  EXPECT_GT(rest.deleted, 500);
  const auto done = retain();
  EXPECT_EQ(done.deleted, rest.deleted);
  EXPECT_EQ(done.first_seq, rest.first_seq);
}

TEST_P(QueueRetention, ALateEventAfterwardsIsSentWhole) {
  put({"a", 5, R"({"x":"new"})"});
  drain();
  export_all();
  age();
  retain();
  put({"a", 4, R"({"x":"old"})"});
  EXPECT_EQ(claim_item().payload, R"({"x":"old"})");
}

}  // namespace
}  // namespace cxrelay::testing
