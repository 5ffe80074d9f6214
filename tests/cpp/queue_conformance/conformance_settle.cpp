// What becomes of a claim: each outcome, what it counts, and that a settlement is whole or not at all (P4, P6).
#include <algorithm>

#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueueSettling, ARetryWaitsForItsTimeAndCounts) {
  put({"a", 1});
  settle(claim(), Outcome::retry, 10);
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->stats().delayed, 1);
  clock_->advance_ms(9'999);
  EXPECT_TRUE(claim().updates.empty());
  clock_->advance_ms(1);
  const auto again = claim_item();
  EXPECT_EQ(again.idempotency_key, "a_1");
  EXPECT_EQ(again.attempts, 1);
}

TEST_P(QueueSettling, ItIsRememberedOverARestartAndACrash) {
  put({"a", 1});
  settle(claim(), Outcome::retry, 10);
  restart();
  EXPECT_TRUE(claim().updates.empty());
  crash();
  if (GetParam().notices_death) {
    EXPECT_TRUE(claim().updates.empty());
  }
  clock_->advance_ms(10'000);
  EXPECT_EQ(claim_item().attempts, 1);
}

TEST_P(QueueSettling, TheRestOfTheInteractionWaitsBehindARetry) {
  put({"a", 2});
  settle(claim(), Outcome::retry, 10);
  put({"a", 3});
  put({"a", 1, R"({"b":1})"});
  EXPECT_TRUE(claim().updates.empty());
  clock_->advance_ms(10'000);
  EXPECT_EQ(keys(claim()), Keys{"a_2"});
}

TEST_P(QueueSettling, OneThatIsGivenUpDoesNotHoldUpTheRest) {
  put({"a", 1});
  put({"b", 1});
  const auto both = claim();
  put({"a", 2});
  put({"b", 2});
  settle_each(both, {Outcome::dead, Outcome::parked});
  EXPECT_EQ(keys(claim()), (Keys{"a_2", "b_2"}));
}

TEST_P(QueueSettling, WhatIsGivenUpIsNotClaimedUntilRevived) {
  put({"a", 1});
  put({"b", 2});
  settle_each(claim(), {Outcome::dead, Outcome::parked});
  restart();
  EXPECT_TRUE(claim().updates.empty());
  clock_->advance_ms(86'400'000);
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->revive({State::dead, {}, 10}, "someone"), 1);
  const auto revived = claim_item();
  EXPECT_EQ(revived.idempotency_key, "a_1");
  EXPECT_EQ(revived.attempts, 0) << "attempts start anew";
  EXPECT_EQ(revived.accepted_us, clock_->wall_us()) << "and its age";
  EXPECT_EQ(state_of("b_2"), State::parked);
  ASSERT_EQ(journal("revived").size(), 1U);
  EXPECT_NE(journal("revived").front().detail.find("someone"), std::string::npos);
}

TEST_P(QueueSettling, ARevivalOfNothingLeavesNoRecord) {
  put({"a", 1});
  EXPECT_EQ(queue_->revive({}, "someone"), 0);
  EXPECT_EQ(queue_->revive({State::dead, "b", 10}, "someone"), 0);
  EXPECT_TRUE(journal("revived").empty());
}

TEST_P(QueueSettling, AReleasedClaimCostsNothing) {
  put({"a", 1});
  settle(claim(), Outcome::released);
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.requests, 0);
  EXPECT_EQ(stats.attempts, 0);
  EXPECT_EQ(claim_item().attempts, 0);
}

TEST_P(QueueSettling, AReleasedClaimWaitsForItsTime) {
  put({"a", 1});
  settle(claim(), Outcome::released, 10);
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->stats().delayed, 1);
  EXPECT_EQ(queue_->next_due_us(), clock_->wall_us() + 10'000'000);
  clock_->advance_ms(10'000);
  EXPECT_EQ(keys(claim()), Keys{"a_1"});
}

// The time is kept, and it is not taken for one that was sent: what comes meanwhile goes with it, in order.
TEST_P(QueueSettling, AlsoOverARestart) {
  put({"a", 2, R"({"x":2})"});
  settle(claim(), Outcome::released, 10);
  put({"a", 1, R"({"x":1,"y":1})"});
  restart();
  EXPECT_TRUE(claim().updates.empty());
  clock_->advance_ms(10'000);
  const auto item = claim_item();
  EXPECT_EQ(item.payload, R"({"x":2,"y":1})");
  EXPECT_EQ(item.attempts, 0);
  settle_last(Outcome::retry);
  put({"a", 3, R"({"x":3})"});
  settle(claim(), Outcome::released, 10);
  EXPECT_TRUE(claim().updates.empty());
  restart();
  clock_->advance_ms(10'000);
  EXPECT_EQ(claim_item().payload, R"({"x":2,"y":1})") << "as it was sent";
}

TEST_P(QueueSettling, WhatWasNotSentIsNeitherRequestNorAttempt) {
  put({"a", 1});
  auto unsent = settlement_of(claim(), {Outcome::retry});
  unsent.sent = false;
  queue_->settle(std::span(&unsent, 1));
  EXPECT_EQ(queue_->stats().requests, 0);
  EXPECT_EQ(queue_->stats().attempts, 0);
  EXPECT_EQ(claim_item().attempts, 0);
}

// It was sent before, and a look at the target showed that it had been applied.
TEST_P(QueueSettling, WhatALookCompletesIsNeitherRequestNorAttempt) {
  put({"a", 1});
  put({"b", 1});
  settle(claim(), Outcome::retry);
  const auto again = claim();
  Settlement settlement = settlement_of(again, {Outcome::completed, Outcome::released});
  settlement.status = 0;
  settlement.sent = false;
  settlement.read_back = {{again.updates[0].seq, 200, "it had been applied"}};
  queue_->settle(std::span(&settlement, 1));
  EXPECT_EQ(state_of("a_1"), State::completed);
  EXPECT_EQ(state_of("b_1"), State::pending);
  EXPECT_EQ(queue_->find("b_1")->attempts, 1);
  EXPECT_EQ(queue_->stats().requests, 1);
  EXPECT_EQ(queue_->stats().attempts, 2);
  const auto detail = journal("finished").back().detail;
  EXPECT_NE(detail.find(R"("read_back":[{"seq":1,"status":200,"found":"it had been applied"}])"),
            std::string::npos)
      << detail;
}

TEST_P(QueueSettling, HalvingUsesUpNoAttempt) {
  put_backlog(4);
  settle(claim(), Outcome::split);
  const auto half = claim();
  EXPECT_EQ(half.updates.size(), 2U);
  EXPECT_EQ(half.updates.front().attempts, 0);
  EXPECT_EQ(queue_->stats().requests, 1);
  EXPECT_EQ(queue_->stats().attempts, 4) << "but they were sent";
}

// P6: wherever it is, all others are delivered, in few sends.
TEST_P(QueueSettling, OnePoisonItemOf25IsIsolated) {
  for (int poison = 0; poison < 25; ++poison) {
    std::vector<Event> events;
    for (int i = 0; i < 25; ++i) {
      events.push_back({"p" + std::to_string(poison) + "i" + std::to_string(i), 1});
    }
    put_all(events);
    const std::string bad = events[static_cast<std::size_t>(poison)].interaction + "_1";
    int sends = 0;
    for (auto one = claim(); !one.updates.empty(); one = claim(), ++sends) {
      const auto all = keys(one);
      const bool has_bad = std::ranges::find(all, bad) != all.end();
      settle(one, !has_bad ? Outcome::completed : all.size() > 1 ? Outcome::split : Outcome::dead);
    }
    EXPECT_LE(sends, 1 + 2 * 5 + 1) << poison;
    EXPECT_EQ(state_of(bad), State::dead);
    EXPECT_EQ(queue_->find(bad)->attempts, 1);
  }
  EXPECT_EQ(queue_->stats().completed, 24 * 25);
  EXPECT_EQ(queue_->stats().dead, 25);
}

TEST_P(QueueSettling, EachOfARequestHasItsOwnOutcome) {
  put_backlog(6);
  const auto one = claim();
  settle_each(one, {Outcome::completed, Outcome::retry, Outcome::dead, Outcome::parked,
                    Outcome::split, Outcome::released});
  const std::vector<State> expected{State::completed, State::pending, State::dead,
                                    State::parked,    State::pending, State::pending};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(state_of("i" + std::to_string(i)), expected[i]) << i;
  }
  EXPECT_EQ(queue_->stats().requests, 1);
  EXPECT_EQ(queue_->stats().attempts, 5) << "the released one was not sent";
  EXPECT_EQ(drain().size(), 3U);
}

TEST_P(QueueSettling, SeveralRequestsInOneStep) {
  put_backlog(4);
  const auto first = claim(2);
  const auto second = claim(2);
  const std::vector<Settlement> both{settlement_of(second, {Outcome::completed, Outcome::dead}),
                                     settlement_of(first, {Outcome::retry, Outcome::completed})};
  queue_->settle(both);
  EXPECT_EQ(state_of("i1"), State::completed);
  EXPECT_EQ(state_of("i3"), State::dead);
  EXPECT_EQ(drain(), Keys{"i0"});
}

TEST_P(QueueSettling, ASettlementOfTheWrongSizeChangesNothing) {
  put({"a", 1});
  const auto one = claim();
  EXPECT_THROW(settle_each(one, {}), Error);
  EXPECT_THROW(settle_each(one, {Outcome::completed, Outcome::completed}), Error);
  EXPECT_EQ(state_of("a_1"), State::in_flight);
  settle(one, Outcome::completed);
}

TEST_P(QueueSettling, WithABadOneNoneOfAStepIsMade) {
  put_backlog(2);
  const auto good = claim(1);
  const auto bad = claim(1);
  const std::vector<Settlement> both{settlement_of(good, {Outcome::completed}),
                                     settlement_of(bad, {})};
  EXPECT_THROW(queue_->settle(both), Error);
  EXPECT_EQ(queue_->stats().in_flight, 2);
  EXPECT_EQ(queue_->stats().completed, 0);
  settle(good, Outcome::completed);
  settle(bad, Outcome::completed);
}

TEST_P(QueueSettling, AClaimIsSettledOnceInAStep) {
  put({"a", 1});
  const auto one = settlement_of(claim(), {Outcome::completed});
  const std::vector<Settlement> twice{one, one};
  EXPECT_THROW(queue_->settle(twice), Error);
}

}  // namespace
}  // namespace cxrelay::testing
