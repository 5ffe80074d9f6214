// What closes the target's gate, and what the client's refusal does.
#include <thread>

#include "updater_fixture.hpp"

namespace cxrelay::testing {
namespace {

using AccessTest = UpdaterTest;

TEST_F(AccessTest, RetryAfterHoldsEverybodyBack) {
  use_fake_clock();
  std::atomic<bool> throttle{true};
  make([&](const HttpRequest& request) {
    return throttle ? answered(429, "", {{"retry-after", "30"}}) : all_done(request);
  });
  queue->add_many(25 * 10);
  updater->start();
  ASSERT_TRUE(
      queue->wait_until([&] { return queue->open_claims() == 0 && queue->requests_sent() > 0; }));
  const std::size_t refused = transport->requests().size();
  EXPECT_LE(refused, 4U);  // those that were on the wire together
  EXPECT_TRUE(queue->wait_until(
      [&] { return updater->stats().throttled == static_cast<std::int64_t>(refused); }));
  EXPECT_EQ(queue->update(1).not_before_us, fake_clock->wall_us() + 30'000'000);
  throttle = false;
  fake_clock->advance_ms(29'999);
  queue->add("another");
  queue->poke();
  EXPECT_EQ(updater->flush(50), StopReason::timeout);
  EXPECT_EQ(transport->requests().size(), refused);
  fake_clock->advance_ms(1);
  queue->poke();
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 251U);
  EXPECT_EQ(log_lines_with("throttling (HTTP 429); pausing for 30000 ms"), 1U);
  EXPECT_TRUE(queue->wait_until([&] { return log_lines_with("answers again") == 1; }));
}

TEST_F(AccessTest, TheGateOutlivesAFlush) {
  use_fake_clock();
  make([](const HttpRequest&) { return answered(503, "", {{"retry-after", "60"}}); });
  queue->add("a");
  EXPECT_EQ(updater->flush(50), StopReason::timeout);
  updater->stop(-1);
  queue->add("b");
  EXPECT_EQ(updater->flush(50), StopReason::timeout);
  EXPECT_EQ(transport->requests().size(), 1U);
}

// A restart: another updater on the same queue.
class RestartTest : public AccessTest {
 protected:
  void SetUp() override {
    AccessTest::SetUp();
    use_fake_clock();
    make([this](const HttpRequest& request) {
      ++asked;
      return throttle ? answered(429, "", {{"retry-after", "600"}}) : all_done(request);
    });
    queue->add("a");
    updater->start();
    ASSERT_TRUE(queue->wait_until([&] { return queue->requests_sent() == 1; }));
    updater->stop(-1);
    throttle = false;
    restart();
  }
  void restart() {
    make([this](const HttpRequest& request) { return ++asked, all_done(request); });
  }
  void expect_silence_for_ms(std::int64_t ms) {
    updater->start();
    EXPECT_TRUE(queue->wait_until([&] { return updater->stats().target.gate_closed_ms == ms; }));
    EXPECT_EQ(updater->flush(50), StopReason::timeout);
    updater->stop(-1);
    EXPECT_EQ(asked, 1);
  }

  std::atomic<bool> throttle{true};
  std::atomic<int> asked{0};
};

TEST_F(RestartTest, DoesNotOpenTheGate) {
  expect_silence_for_ms(600'000);
  queue->add("b");  // has no time of its own
  fake_clock->advance_ms(599'999);
  restart();
  expect_silence_for_ms(1);
  fake_clock->advance_ms(1);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 2U);
}

TEST_F(RestartTest, AClockSetBackADayClosesItForAnHourAtMost) {
  queue->add("b");
  fake_clock->set_wall_us(fake_clock->wall_us() - 86'400'000'000);
  expect_silence_for_ms(3'600'000);
}

TEST_F(RestartTest, AClockSetForwardOpensIt) {
  fake_clock->set_wall_us(fake_clock->wall_us() + 86'400'000'000 - 1);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
}

TEST_F(AccessTest, AnUnreachableTargetIsNotHammered) {
  use_fake_clock();
  options.retry = {};
  make([](const HttpRequest&) { return failed(Wire::not_sent, "connect"); });
  queue->add_many(25 * 1000);
  updater->start();
  std::size_t expected = 0;
  for (int round = 0; round < 4; ++round) {
    ASSERT_TRUE(queue->wait_until([&] {
      return transport != nullptr && transport->requests().size() > expected &&
             queue->open_claims() == 0;
    }));
    // At most what was on the wire at once, though thousands wait.
    EXPECT_LE(transport->requests().size(), expected + 4);
    expected = transport->requests().size();
    fake_clock->advance_ms(300'000);
    queue->poke();
  }
  updater->stop(-1);
  EXPECT_EQ(queue->update(1).update.attempts, 0);
  EXPECT_EQ(queue->requests_sent(), 0U);
  EXPECT_EQ(updater->stats().requests, 0);
  EXPECT_GE(updater->stats().not_sent, 4);
  EXPECT_EQ(log_lines_with("cannot be reached (connect)"), 1U);
}

TEST_F(AccessTest, ATargetThatFailsIsLeftAloneAndThenProbedWithSingleUpdates) {
  use_fake_clock();
  options.retry = {.base_ms = 0};
  options.breaker = {};
  options.max_in_flight = 16;
  std::atomic<bool> down{true};
  make([&](const HttpRequest& request) { return down ? answered(503) : all_done(request); });
  queue->add_many(25 * 40);
  updater->start();
  const auto is_open = [&] {
    return updater->stats().target.breaker == BreakerState::open && queue->open_claims() == 0;
  };
  ASSERT_TRUE(queue->wait_until(is_open));
  const std::size_t first = transport->requests().size();
  EXPECT_GE(first, 10U);
  EXPECT_LE(first, 10U + 16U);
  for (std::size_t round = 1; round <= 3; ++round) {
    fake_clock->advance_ms(60'000);
    queue->poke();
    ASSERT_TRUE(queue->wait_until(
        [&] { return transport->requests().size() == first + round && is_open(); }));
    EXPECT_EQ(ids_in(transport->requests().back().second.body).size(), 1U);
  }
  EXPECT_EQ(updater->stats().dead, 0);
  EXPECT_EQ(log_lines_with("only single updates"), 1U);
  down = false;
  EXPECT_TRUE(queue->wait_until([&] {
    fake_clock->advance_ms(1'000);
    queue->poke();
    return completed() == 1000;
  }));
  EXPECT_EQ(updater->stats().target.breaker, BreakerState::closed);
  EXPECT_EQ(updater->stats().target.retry_tokens, 500);
  EXPECT_TRUE(queue->wait_until([&] { return log_lines_with("answers again") == 1; }));
  updater->stop(-1);
}

// A day forward and back while retries wait: they go out when their time has gone by.
TEST_F(AccessTest, AClockStepNeitherLosesNorKillsAnUpdate) {
  use_fake_clock();
  options.retry = {};
  std::atomic<bool> down{true};
  make([&](const HttpRequest& request) { return down ? answered(503) : all_done(request); });
  for (const std::int64_t step_us : {86'400'000'000, -86'400'000'000}) {
    down = true;
    const std::size_t before = queue->requests_sent();
    const std::int64_t seq = queue->add("a");
    updater->start();
    ASSERT_TRUE(queue->wait_until([&] { return queue->requests_sent() > before; }));
    fake_clock->set_wall_us(fake_clock->wall_us() + step_us);
    down = false;
    updater->stop(-1);
    // The fake queue keeps wall time; the real one counts by the monotonic clock (queue tests).
    if (step_us < 0) fake_clock->set_wall_us(queue->update(seq).not_before_us);
    EXPECT_EQ(updater->flush(-1), StopReason::idle);
    EXPECT_EQ(queue->update(seq).state, State::completed);
  }
}

TEST_F(AccessTest, A401FetchesOneTokenAndSendsAgain) {
  make([](const HttpRequest& request) {
    return request.headers.back() == "Authorization: Bearer token-1" ? answered(401)
                                                                     : all_done(request);
  });
  queue->add_many(25 * 8);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 200U);
  EXPECT_EQ(tokens.rejected(), 1);
  EXPECT_EQ(transport->requests().size(), queue->requests_sent());
  EXPECT_EQ(queue->update(1).update.attempts, 2);
  EXPECT_EQ(log_lines_with("refused the token"), 1U);
}

TEST_F(AccessTest, WhatAServerRepeatsOfSecretsIsNotRecorded) {
  options.secrets = {"client-secret-of-ours"};
  make([](const HttpRequest& request) {
    const std::string token = request.headers.back().substr(22);
    const std::string message = "no: " + token + ", client-secret-of-ours, Bearer " + token;
    return ids_in(request.body).front() == "a"
               ? answered(404, R"({"message":")" + message + "\"}")
               : answered(200, R"({"results":[{"status":404,"message":")" + message + "\"}]}");
  });
  target.max_updates = 1;
  const auto whole = queue->add("a");
  const auto item = queue->add("b");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  const std::string expected = "HTTP 404: no: [secret], [secret], Bearer [secret]";
  EXPECT_EQ(queue->update(whole).last.reason, expected);
  EXPECT_EQ(queue->update(item).last.reason, expected);
}

TEST_F(AccessTest, A401OfAFreshTokenStopsTheTarget) {
  make([](const HttpRequest&) { return answered(401); });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::auth);
  EXPECT_EQ(transport->requests().size(), 2U);
  EXPECT_EQ(queue->requests_sent(), 2U);
  EXPECT_EQ(queue->update(1).state, State::pending);
  EXPECT_EQ(queue->update(1).last.error_class, "AUTH");
  EXPECT_EQ(updater->stop_reason(), StopReason::auth);
  EXPECT_EQ(log_lines_with("refused the client (HTTP 401)"), 1U);
}

TEST_F(AccessTest, A401NowAndThenDoesNotStop) {
  std::atomic<int> asked{0};
  make([&](const HttpRequest& request) {
    return ++asked % 2 == 1 ? answered(401) : all_done(request);
  });
  for (int i = 0; i < 5; ++i) queue->add("same");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 5U);
  EXPECT_EQ(tokens.rejected(), 5);
}

TEST_F(AccessTest, A403StopsAndNamesTheScope) {
  make([](const HttpRequest&) { return answered(403); });
  queue->add_many(100);
  EXPECT_EQ(updater->flush(-1), StopReason::auth);
  EXPECT_EQ(queue->count(State::pending), 100U);
  EXPECT_LE(transport->requests().size(), 4U);
  EXPECT_EQ(transport->requests().size(), queue->requests_sent());
  EXPECT_GE(log_lines_with("scope interaction:modify"), 1U);
}

TEST_F(AccessTest, AfterTheCauseIsMendedItGoesOn) {
  std::atomic<bool> allowed{false};
  make([&](const HttpRequest& request) { return allowed ? all_done(request) : answered(403); });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::auth);
  allowed = true;
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
}

TEST_F(AccessTest, RefusedCredentialsStopItBeforeAnythingIsClaimed) {
  tokens.set_before([] { throw AuthError("the token endpoint answered 400 invalid_client"); });
  make(all_done);
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::auth);
  EXPECT_EQ(queue->transactions(), 0U);
  EXPECT_EQ(tokens.asked(), 1);
  EXPECT_EQ(log_lines_with("invalid_client"), 1U);
  tokens.set_before({});
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
}

TEST_F(AccessTest, WithoutATokenItBacksOff) {
  std::atomic<int> failures{3};
  tokens.set_before([&] {
    if (failures-- > 0) throw TransportError("the token endpoint cannot be reached");
  });
  make(all_done);
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
  EXPECT_EQ(queue->update(1).update.attempts, 1);
  EXPECT_EQ(tokens.asked() >= 4, true);
  EXPECT_EQ(log_lines_with("no token"), 1U);
}

TEST_F(AccessTest, AnyOtherExceptionOfTheTokenProviderStopsIt) {
  tokens.set_before([] { throw std::runtime_error("broken"); });
  make(all_done);
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::failed);
  EXPECT_EQ(queue->count(State::pending), 1U);
}

TEST_F(AccessTest, AnItemsRefusalDoesNotStopTheTarget) {
  make([](const HttpRequest& request) {
    return answered(200, batch_reply(request.body, [](const std::string& id) {
                      return id == "int-3" ? 403 : 200;
                    }));
  });
  queue->add_many(10);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 9U);
  EXPECT_EQ(queue->update(4).state, State::dead);
}

}  // namespace
}  // namespace cxrelay::testing
