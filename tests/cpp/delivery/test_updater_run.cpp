// start() and stop(), standing by, fencing, trouble with the store, the heartbeat.
#include <atomic>
#include <thread>

#include "updater_fixture.hpp"

namespace cxrelay::testing {
namespace {

using RunTest = UpdaterTest;

std::optional<HttpReply> never(const HttpRequest&) { return std::nullopt; }

TEST_F(RunTest, DeliversWhatIsPut) {
  make(all_done);
  updater->start();
  for (int i = 0; i < 30; ++i) {
    queue->add("int-" + std::to_string(i));
    const auto done = static_cast<std::size_t>(i + 1);
    ASSERT_TRUE(queue->wait_until([&] { return completed() == done; }));
  }
  // Each put needs two transactions: one that claims, one that settles. More would be polling.
  EXPECT_LE(queue->transactions(), 62U);
  EXPECT_EQ(updater->stop_reason(), StopReason::none);
  updater->stop(-1);
  EXPECT_EQ(updater->stop_reason(), StopReason::stopped);
  EXPECT_FALSE(queue->elected());
}

TEST_F(RunTest, DeliversWhatAnotherProcessPuts) {
  make(all_done);
  updater->start();
  ASSERT_EQ(updater->flush(-1), StopReason::idle);
  for (std::size_t i = 1; i <= 3; ++i) {
    queue->put_elsewhere("int-" + std::to_string(i));
    ASSERT_TRUE(queue->wait_until([&] { return completed() == i; }));
  }
  EXPECT_LE(queue->transactions(), 8U);  // and not one each time that it looks
  updater->stop(-1);
}

// A retry that waits must not hide what another process puts.
TEST_F(RunTest, DeliversWhatAnotherProcessPutsWhileARetryWaits) {
  options.retry.base_ms = 120'000;
  std::atomic<int> sent{0};
  make([&](const HttpRequest& request) { return sent++ == 0 ? answered(503) : all_done(request); });
  queue->add("int-0");
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return queue->requests_sent() == 1; }));
  queue->put_elsewhere("int-1");
  ASSERT_TRUE(queue->wait_until([&] { return completed() == 1; }));
  EXPECT_EQ(queue->count(State::pending), 1U);
  updater->stop(-1);
}

TEST_F(RunTest, FlushOnlyWaitsWhileItRuns) {
  make(all_done);
  updater->start();
  queue->add_many(60);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 60U);
  EXPECT_TRUE(queue->elected());
  updater->stop(-1);
}

TEST_F(RunTest, StartTurnsASlicedFlushIntoABackgroundRun) {
  make(never);
  queue->add("a");
  EXPECT_EQ(updater->flush(1), StopReason::timeout);
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 1; }));
  const auto [id, request] = transport->requests().front();
  transport->finish(id, all_done(request));
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_TRUE(queue->elected());
}

TEST_F(RunTest, StopReleasesWhatWasNotSent) {
  make(never);
  queue->add_many(25 * 10);
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 4; }));
  ASSERT_TRUE(queue->wait_until([&] { return queue->open_claims() == 8; }));
  std::thread stopping([&] { updater->stop(-1); });
  // The reserve goes back at once; what is on the wire is waited for.
  EXPECT_TRUE(queue->wait_until([&] { return queue->open_claims() == 4; }));
  for (const auto& [id, request] : transport->requests()) transport->finish(id, all_done(request));
  stopping.join();
  EXPECT_EQ(completed(), 100U);
  EXPECT_EQ(queue->count(State::pending), 150U);
  EXPECT_EQ(queue->requests_sent(), 4U);
  EXPECT_EQ(queue->update(250).update.attempts, 0);
}

TEST_F(RunTest, AStopThatIsOutOfTimeCountsTheWireAsUnknown) {
  make(never);
  queue->add("a");
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 1; }));
  updater->stop(0);
  EXPECT_EQ(queue->update(1).state, State::pending);
  EXPECT_EQ(queue->update(1).last.error_class, "UNKNOWN");
  EXPECT_EQ(queue->update(1).last.reason, "no whole answer: cancelled");
  EXPECT_EQ(queue->update(1).update.attempts, 1);
}

TEST_F(RunTest, AndParksItWhereTwiceIsNotOnce) {
  target.idempotent = false;
  make(never);
  queue->add("a");
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 1; }));
  updater->stop(0);
  EXPECT_EQ(queue->update(1).state, State::parked);
  EXPECT_EQ(updater->stats().parked, 1);
  EXPECT_EQ(log_lines_with("1 are parked"), 1U);
}

TEST_F(RunTest, StopWithoutARunDoesNothing) {
  make(all_done);
  updater->stop(-1);
  EXPECT_EQ(updater->stop_reason(), StopReason::none);
}

TEST_F(RunTest, CanBeStartedAgain) {
  make(all_done);
  for (int i = 1; i <= 3; ++i) {
    updater->start();
    updater->start();
    queue->add("int-" + std::to_string(i));
    ASSERT_TRUE(queue->wait_until([&] { return completed() == static_cast<std::size_t>(i); }));
    updater->stop(-1);
  }
}

TEST_F(RunTest, StandsByAndTakesOver) {
  make(all_done);
  queue->add("a");
  queue->set_held_elsewhere(true);
  updater->start();
  EXPECT_EQ(updater->flush(-1), StopReason::not_elected);
  EXPECT_EQ(updater->stop_reason(), StopReason::none);
  EXPECT_EQ(log_lines_with("standing by"), 1U);
  queue->set_held_elsewhere(false);
  EXPECT_TRUE(queue->wait_until([&] { return completed() == 1; }));
}

TEST_F(RunTest, StopsWhileStandingBy) {
  make(all_done);
  queue->set_held_elsewhere(true);
  updater->start();
  updater->stop(-1);
  EXPECT_EQ(updater->stop_reason(), StopReason::stopped);
}

TEST_F(RunTest, OneThatIsFencedSettlesNothing) {
  make(never);
  queue->add("a");
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 1; }));
  queue->fence();
  transport->finish(transport->requests().front().first,
                    all_done(transport->requests().front().second));
  EXPECT_TRUE(queue->wait_until([&] { return updater->stop_reason() == StopReason::fenced; }));
  EXPECT_EQ(queue->settlements().size(), 0U);
  EXPECT_EQ(queue->update(1).state, State::in_flight);
  EXPECT_EQ(log_lines_with("taken over"), 1U);
}

TEST_F(RunTest, FlushReportsBeingFenced) {
  make([&](const HttpRequest& request) {
    queue->fence();
    return all_done(request);
  });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::fenced);
}

TEST_F(RunTest, KeepsAnswersWhileTheDiskIsFull) {
  make(never);
  queue->add("a");
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 1; }));
  queue->fail_transactions(
      std::make_exception_ptr(StoreError(StoreErrorKind::full, "no space left")), 3);
  transport->finish(transport->requests().front().first,
                    all_done(transport->requests().front().second));
  EXPECT_TRUE(queue->wait_until([&] { return completed() == 1; }));
  EXPECT_EQ(queue->failed_transactions(), 3U);
  EXPECT_EQ(transport->requests().size(), 1U);
  EXPECT_EQ(log_lines_with("no space left"), 1U);
  EXPECT_TRUE(queue->wait_until([&] { return log_lines_with("can be written again") == 1; }));
}

TEST_F(RunTest, WaitsForABusyStoreAtTheElectionToo) {
  make(all_done);
  queue->add("a");
  queue->fail_transactions(std::make_exception_ptr(StoreError(StoreErrorKind::busy, "locked")), 2);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
}

TEST_F(RunTest, WaitsForABusyStoreWhenItAsksWhatIsDueToo) {
  make(all_done);
  queue->add("a");
  queue->fail_questions(std::make_exception_ptr(StoreError(StoreErrorKind::busy, "locked")), 2);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
}

TEST_F(RunTest, AStoreThatStaysFullDoesNotHoldUpAStop) {
  make(never);
  queue->add("a");
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 1; }));
  queue->fail_transactions(
      std::make_exception_ptr(StoreError(StoreErrorKind::full, "no space left")), 1'000'000);
  transport->finish(transport->requests().front().first,
                    all_done(transport->requests().front().second));
  ASSERT_TRUE(queue->wait_until([&] { return queue->failed_transactions() > 0; }));
  updater->stop(0);
  EXPECT_EQ(queue->update(1).state, State::in_flight);
  EXPECT_EQ(log_lines_with("1 answers could not be recorded"), 1U);
}

TEST_F(RunTest, ACorruptStoreStopsIt) {
  make(all_done);
  queue->add("a");
  queue->fail_transactions(
      std::make_exception_ptr(StoreError(StoreErrorKind::corrupt, "file is damaged")), 1);
  EXPECT_EQ(updater->flush(-1), StopReason::failed);
  EXPECT_EQ(log_lines_with("file is damaged"), 1U);
}

TEST_F(RunTest, AForeignExceptionStopsItAndIsNotQuoted) {
  make(all_done);
  queue->add("a");
  queue->fail_transactions(std::make_exception_ptr(std::runtime_error("secret")), 1);
  EXPECT_EQ(updater->flush(-1), StopReason::failed);
  EXPECT_EQ(log_lines_with("secret"), 0U);
  EXPECT_EQ(log_lines_with("unexpected error"), 1U);
}

TEST_F(RunTest, ATransportThatRefusesARequestStopsItAndLosesNothing) {
  make([](const HttpRequest&) -> std::optional<HttpReply> { throw Error("bad header"); });
  queue->add_many(60);
  EXPECT_EQ(updater->flush(-1), StopReason::failed);
  EXPECT_EQ(queue->count(State::pending), 60U);
  EXPECT_EQ(queue->requests_sent(), 0U);
}

TEST_F(RunTest, TellsTheQueueThatItIsAlive) {
  use_fake_clock();
  make(all_done);
  updater->start();
  queue->add("a");
  ASSERT_TRUE(queue->wait_until([&] { return completed() == 1; }));
  for (int i = 0; i < 3; ++i) {
    const std::size_t before = queue->transactions();
    // Each time: the transaction before may end only after the clock has moved.
    ASSERT_TRUE(queue->wait_until([&] {
      fake_clock->advance_ms(5'000);
      queue->poke();
      return queue->transactions() > before;
    }));
  }
  EXPECT_EQ(transport->requests().size(), 1U);
}

TEST_F(RunTest, TheDestructorSettlesWhatIsThere) {
  make(all_done);
  queue->add_many(200);
  updater->start();
  updater.reset();
  EXPECT_EQ(queue->open_claims(), 0U);
  EXPECT_EQ(queue->count(State::in_flight), 0U);
  EXPECT_FALSE(queue->elected());
}

TEST_F(RunTest, ALogThatThrowsDoesNoHarm) {
  options.log = [](const LogLine&) { throw std::runtime_error("log is gone"); };
  make([](const HttpRequest&) { return answered(404); });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(queue->update(1).state, State::dead);
}

TEST_F(RunTest, LogLinesHoldNoTokenAndNoInput) {
  std::atomic<int> asked{0};
  make([&](const HttpRequest&) {
    switch (++asked) {
      case 1:
        return failed(Wire::not_sent, "connect");
      case 2:
        return answered(429, R"({"message":"canary-reply"})");
      case 3:
        return answered(401, R"({"message":"canary-reply"})");
      case 4:
        return answered(422, R"({"message":"canary-reply"})");
      default:
        return answered(403, R"({"message":"canary-reply"})");
    }
  });
  queue->add("canary-id", R"({"a":"canary-value"})");
  updater->flush(-1);
  queue->add("canary-id", R"({"a":"canary-value"})");
  EXPECT_EQ(updater->flush(-1), StopReason::auth);
  EXPECT_GE(log().size(), 4U);
  EXPECT_EQ(log_lines_with("canary"), 0U);
  EXPECT_EQ(log_lines_with("token-"), 0U);
}

}  // namespace
}  // namespace cxrelay::testing
