// flush(): what it sends, when it returns, what it leaves behind.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "updater_fixture.hpp"

namespace cxrelay::testing {
namespace {

using FlushTest = UpdaterTest;

TEST_F(FlushTest, SendsEverythingAndIsIdle) {
  make(all_done);
  queue->add_many(103);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 103U);
  EXPECT_EQ(queue->requests_sent(), 5U);
  EXPECT_EQ(transport->requests().size(), 5U);
  EXPECT_EQ(queue->open_claims(), 0U);
  const UpdaterStats stats = updater->stats();
  EXPECT_EQ(stats.requests, 5);
  EXPECT_EQ(stats.completed, 103);
  EXPECT_EQ(updater->stop_reason(), StopReason::idle);
}

TEST_F(FlushTest, GivesTheQueueUpAfterwards) {
  make(all_done);
  queue->add("a");
  updater->flush(-1);
  EXPECT_FALSE(queue->elected());
}

TEST_F(FlushTest, SendsTheTokenAndTheTargetsRequest) {
  make(all_done);
  queue->add("a", R"({"x":1})");
  updater->flush(-1);
  const HttpRequest request = transport->requests().front().second;
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.url, "https://a.example/api/v2/interactions/batch");
  EXPECT_EQ(request.headers.back(), "Authorization: Bearer token-1");
  EXPECT_NE(request.body.find(R"("body":{"x":1},"idempotencyKey":"a_1")"), std::string::npos);
}

TEST_F(FlushTest, AnEmptyQueueNeedsNoToken) {
  make(all_done);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(tokens.asked(), 0);
  EXPECT_EQ(queue->transactions(), 0U);
}

TEST_F(FlushTest, CanBeCalledAgainAndKeepsItsTransport) {
  int made = 0;
  make_with([&made] {
    ++made;
    return std::make_unique<FakeTransport>(all_done);
  });
  for (int i = 0; i < 20; ++i) {
    queue->add("int-" + std::to_string(i));
    EXPECT_EQ(updater->flush(-1), StopReason::idle);
    EXPECT_EQ(completed(), static_cast<std::size_t>(i + 1));
  }
  EXPECT_EQ(made, 1);
}

TEST_F(FlushTest, SaysWhenAnotherDelivererHoldsTheQueue) {
  make(all_done);
  queue->add("a");
  queue->set_held_elsewhere(true);
  EXPECT_EQ(updater->flush(-1), StopReason::not_elected);
  EXPECT_EQ(completed(), 0U);
  queue->set_held_elsewhere(false);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
}

TEST_F(FlushTest, WaitsForDelayedRetries) {
  std::atomic<int> asked{0};
  make([&](const HttpRequest& request) { return ++asked < 6 ? answered(503) : all_done(request); });
  queue->add_many(3);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 3U);
  EXPECT_EQ(asked, 6);
  EXPECT_EQ(queue->update(1).update.attempts, 6);
  EXPECT_EQ(updater->stats().retried, 15);
}

TEST_F(FlushTest, DiesAfterTwelveAttempts) {
  make([](const HttpRequest&) { return answered(500); });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(transport->requests().size(), 12U);
  EXPECT_EQ(queue->update(1).state, State::dead);
  EXPECT_EQ(queue->update(1).last.reason, "12 attempts made; last: HTTP 500");
  EXPECT_EQ(log_lines_with("1 updates are dead; last answer HTTP 500"), 1U);
}

TEST_F(FlushTest, AfterATimeoutTheRequestGoesOn) {
  make([](const HttpRequest&) { return std::nullopt; });
  queue->add("a");
  EXPECT_EQ(updater->flush(1), StopReason::timeout);
  EXPECT_EQ(updater->stop_reason(), StopReason::none);
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 1; }));
  const auto [id, request] = transport->requests().front();
  transport->finish(id, all_done(request));
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(transport->requests().size(), 1U);
  EXPECT_EQ(completed(), 1U);
}

TEST_F(FlushTest, InSlicesItDoesTheSame) {
  make(all_done);
  queue->add_many(500);
  StopReason reason = StopReason::timeout;
  while (reason == StopReason::timeout) reason = updater->flush(1);
  EXPECT_EQ(reason, StopReason::idle);
  EXPECT_EQ(completed(), 500U);
  EXPECT_EQ(queue->requests_sent(), 20U);
}

TEST_F(FlushTest, TellsWhatEndedTheRunBetweenTwoSlices) {
  make([](const HttpRequest&) { return std::nullopt; });
  queue->add("a");
  EXPECT_EQ(updater->flush(1), StopReason::timeout);
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 1; }));
  transport->finish(transport->requests().front().first, answered(403));
  ASSERT_TRUE(queue->wait_until([&] { return updater->stop_reason() == StopReason::auth; }));
  EXPECT_EQ(updater->flush(1), StopReason::auth);
  EXPECT_EQ(transport->requests().size(), 1U);
}

TEST_F(FlushTest, SeesWhatWasPutBeforeItWasCalled) {
  make(all_done);
  for (int i = 0; i < 200; ++i) {
    queue->add("int-" + std::to_string(i));
    // Sometimes the run of the slice before is just ending.
    StopReason reason = updater->flush(i % 3 == 0 ? 0 : -1);
    if (reason == StopReason::timeout) reason = updater->flush(-1);
    ASSERT_EQ(reason, StopReason::idle);
    ASSERT_EQ(completed(), static_cast<std::size_t>(i + 1));
  }
}

TEST_F(FlushTest, TwoAtOnceTakeTurns) {
  make(all_done);
  queue->add_many(300);
  StopReason other = StopReason::none;
  std::thread thread([&] { other = updater->flush(-1); });
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  thread.join();
  EXPECT_EQ(other, StopReason::idle);
  EXPECT_EQ(completed(), 300U);
}

TEST_F(FlushTest, PutsDuringAFlushAreSentToo) {
  std::atomic<int> asked{0};
  make([&](const HttpRequest& request) {
    if (++asked == 1) queue->add("late");
    return all_done(request);
  });
  queue->add("early");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 2U);
}

TEST_F(FlushTest, OneUpdateOfAnInteractionAtATime) {
  make(all_done);
  for (int i = 0; i < 10; ++i) queue->add("same");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 10U);
  EXPECT_EQ(queue->requests_sent(), 10U);
}

TEST_F(FlushTest, AnUpdateTooLargeForTheTargetDies) {
  target.max_body_bytes = 2048;
  make(all_done);
  queue->add("small");
  queue->add("large", R"({"a":")" + std::string(4000, 'x') + R"("})");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(queue->update(1).state, State::completed);
  EXPECT_EQ(queue->update(2).state, State::dead);
  EXPECT_EQ(queue->update(2).update.attempts, 0);
  EXPECT_EQ(transport->requests().size(), 1U);
}

TEST_F(FlushTest, BodiesStayWithinTheTargetsLimit) {
  target.max_body_bytes = 64 * 1024;
  make(all_done);
  for (int i = 0; i < 50; ++i)
    queue->add("int-" + std::to_string(i), R"({"a":")" + std::string(9000, 'x') + R"("})");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 50U);
  for (const auto& [id, request] : transport->requests())
    EXPECT_LE(request.body.size(), 64U * 1024);
}

TEST_F(FlushTest, AfterAForkItRefusesInTheChild) {
  make(all_done);
  queue->add("a");
  updater->flush(-1);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    try {
      updater->flush(0);
    } catch (const ClosedError&) {
      ::_exit(0);
    } catch (...) {
    }
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(FlushTest, BadOptionsAreRefusedAtOnce) {
  options.max_in_flight = 0;
  EXPECT_THROW(make(all_done), ConfigError);
  options.max_in_flight = 4;
  options.retry.max_attempts = 0;
  EXPECT_THROW(make(all_done), ConfigError);
  options.retry = {};
  options.retry.base_ms = -1;
  EXPECT_THROW(make(all_done), ConfigError);
  options.retry = {};
  target.base_url = "http://a.example";
  EXPECT_THROW(make(all_done), ConfigError);
}

TEST_F(FlushTest, ATransportThatCannotBeMadeIsTheCallersError) {
  make_with([]() -> std::unique_ptr<HttpTransport> { throw ConfigError("no CA file"); });
  EXPECT_THROW(updater->flush(-1), ConfigError);
  EXPECT_THROW(updater->start(), ConfigError);
}

}  // namespace
}  // namespace cxrelay::testing
