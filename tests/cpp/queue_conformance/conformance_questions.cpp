// What a queue answers about itself: stats, list, find, check, and the journal as the exporter reads it (P9).
#include <map>
#include <set>

#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueueAnswers, IsCounted) {
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.pending, 3);
  EXPECT_EQ(stats.delayed, 1);
  EXPECT_EQ(stats.in_flight, 1);
  EXPECT_EQ(stats.completed, 2);
  EXPECT_EQ(stats.dead, 1);
  EXPECT_EQ(stats.parked, 1);
  EXPECT_EQ(stats.superseded, 1);
  EXPECT_EQ(stats.accepted, 10);
  EXPECT_EQ(stats.empty, 1);
  EXPECT_EQ(stats.rejected, 1);
  EXPECT_EQ(stats.requests, 1) << "the open one is not settled yet";
  EXPECT_EQ(stats.attempts, 5);
  EXPECT_EQ(stats.journal_records, 15);
  EXPECT_EQ(stats.accepted, stats.pending + stats.in_flight + stats.completed + stats.dead +
                                stats.parked + stats.superseded + stats.empty);
}

TEST_P(QueueAnswers, IsFound) {
  const std::map<std::string, State> expected{
      {"done_5", State::completed}, {"late_4", State::superseded}, {"dead_5", State::dead},
      {"parked_5", State::parked},  {"retried_5", State::pending}, {"flying_5", State::in_flight},
      {"waiting_5", State::pending}};
  for (const bool again : {false, true}) {
    if (again) restart();
    for (const auto& [key, state] : expected) EXPECT_EQ(state_of(key), state) << key;
  }
  EXPECT_EQ(queue_->find("nobody_5"), std::nullopt);
  EXPECT_EQ(queue_->find(""), std::nullopt);
  EXPECT_EQ(queue_->find("'; DROP TABLE journal; --"), std::nullopt);
}

TEST_P(QueueAnswers, IsToldInFull) {
  const auto retried = queue_->find("retried_5");
  ASSERT_TRUE(retried);
  EXPECT_EQ(retried->interaction_id, "retried");
  EXPECT_EQ(retried->event_time_us, 5'000'000);
  EXPECT_EQ(retried->accepted_us, clock_->wall_us());
  EXPECT_EQ(retried->attempts, 1);
  EXPECT_EQ(retried->not_before_us, clock_->wall_us() + 60'000'000);
  EXPECT_EQ(retried->last_error, "answered 503");
  EXPECT_EQ(retried->mapped, Event{}.mapped);
  const auto conflict = put({"waiting", 5, R"({"b":2})"}).idempotency_key;
  ASSERT_TRUE(queue_->find(conflict));
  EXPECT_EQ(queue_->find(conflict)->mapped, R"({"b":2})");
}

TEST_P(QueueAnswers, IsListedByStateAndInteraction) {
  const auto listed = [&](std::optional<State> state, std::optional<std::string> id) {
    std::multiset<std::string> out;
    for (const auto& update : queue_->list({state, std::move(id), 100})) {
      EXPECT_TRUE(!state || update.state == *state);
      out.insert(update.interaction_id);
    }
    return out;
  };
  using Ids = std::multiset<std::string>;
  EXPECT_EQ(listed(State::dead, {}), Ids{"dead"});
  EXPECT_EQ(listed(State::parked, {}), Ids{"parked"});
  EXPECT_EQ(listed(State::pending, {}), (Ids{"retried", "waiting", "waiting"}));
  EXPECT_EQ(listed(State::in_flight, {}), Ids{"flying"});
  EXPECT_EQ(listed({}, "waiting"), (Ids{"waiting", "waiting"}));
  EXPECT_EQ(listed(State::dead, "waiting"), Ids{});
  EXPECT_EQ(listed({}, {}), (Ids{"dead", "flying", "parked", "retried", "waiting", "waiting"}));
  EXPECT_EQ(queue_->list({{}, {}, 2}).size(), 2U);
  EXPECT_TRUE(queue_->list({{}, {}, 0}).empty());
}

TEST_P(QueueAnswers, IsRight) {
  const auto result = queue_->check();
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.records, queue_->stats().journal_records);
}

TEST_P(QueueAnswers, IsInTheJournalWithoutAGap) {
  const auto all = journal();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].seq, static_cast<std::int64_t>(i + 1));
  }
  std::map<std::string, int> actions;
  for (const auto& record : all) ++actions[record.action];
  const std::map<std::string, int> expected{{"accepted", 9}, {"skipped", 1},  {"rejected", 1},
                                            {"started", 2},  {"finished", 1}, {"superseded", 1}};
  EXPECT_EQ(actions, expected);
}

TEST_P(QueueAnswers, IsReadInPages) {
  auto& source = queue_->audit_source();
  const auto all = source.read(0, 1000);
  std::vector<AuditRecord> paged;
  for (auto page = source.read(0, 4); !page.empty(); page = source.read(paged.back().seq, 4)) {
    EXPECT_LE(page.size(), 4U);
    paged.insert(paged.end(), page.begin(), page.end());
  }
  ASSERT_EQ(paged.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(paged[i].hash, all[i].hash);
  EXPECT_TRUE(source.read(all.back().seq, 10).empty());
}

TEST_P(QueueAnswers, IsExportedOnce) {
  EXPECT_EQ(queue_->audit_source().exported(), 0);
  queue_->audit_source().set_exported(7);
  EXPECT_EQ(queue_->audit_source().exported(), 7);
  crash();
  EXPECT_EQ(queue_->audit_source().exported(), 7);
}

TEST_P(QueueQuestions, AnEmptyQueueAnswersToo) {
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.journal_records, 0);
  EXPECT_EQ(stats.oldest_pending_us, std::nullopt);
  EXPECT_TRUE(queue_->list({}).empty());
  EXPECT_TRUE(queue_->check().ok);
  EXPECT_TRUE(journal().empty());
}

TEST_P(QueueQuestions, TheOldestThatWaitsIsKnown) {
  put({"a", 9});
  const auto first = clock_->wall_us();
  clock_->advance_ms(1000);
  put({"b", 1});
  EXPECT_EQ(queue_->stats().oldest_pending_us, first);
  settle(claim(1), Outcome::completed);
  EXPECT_EQ(queue_->stats().oldest_pending_us, first + 1'000'000);
  settle(claim(1), Outcome::dead);
  EXPECT_EQ(queue_->stats().oldest_pending_us, std::nullopt);
}

TEST_P(QueueQuestions, EveryRequestThatWasStartedIsFinishedOnce) {
  put_backlog(10);
  settle(claim(3), Outcome::retry);
  settle(claim(5), Outcome::split);
  claim(2);
  crash();
  drain(4);
  std::map<std::string, int> balance;
  for (const auto& record : journal()) {
    if (record.action == "started") balance[record.request_id] += 1;
    if (record.action == "finished") balance[record.request_id] -= 1;
  }
  for (const auto& [request, open] : balance) EXPECT_EQ(open, 0) << request;
  EXPECT_EQ(queue_->stats().requests, static_cast<std::int64_t>(balance.size()));
}

}  // namespace
}  // namespace cxrelay::testing
