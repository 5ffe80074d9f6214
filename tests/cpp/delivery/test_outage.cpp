// Outages and limits in simulated time: what the target is made to bear, and that nothing is lost.
#include <gtest/gtest.h>

#include "simulation.hpp"

namespace cxrelay::testing {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kMinuteUs = 60 * kSecondUs;

Simulation::Answer fails(std::int64_t) { return {.status = 503}; }
bool any(const Simulation::Send&) { return true; }
bool retried(const Simulation::Send& send) { return send.has_retries; }
bool refused(const Simulation::Send& send) { return send.status == 429; }

// The whole story: a target that fails for ten minutes and comes back with a limit of its own.
struct Story {
  std::size_t sends_in_outage = 0;
  std::size_t retries_in_outage = 0;
  std::size_t unprobed_retries = 0;
  std::size_t peak_per_s = 0;
  double recovery_s = 0;  // from the end of the outage until everything was delivered
  int completed = 0;
  int dead = 0;
};

Story ten_minutes_down(Simulation& run, std::size_t updates, int attempts, double limit_per_s,
                       const Simulation::Server& down = fails, double burst = 5) {
  run.add(updates, attempts);
  const std::int64_t begin_us = run.now_us();
  run.run(10 * kMinuteUs, down);
  Story story;
  story.sends_in_outage = run.count(begin_us, any);
  story.retries_in_outage = run.count(begin_us, retried);
  story.unprobed_retries =
      run.count(begin_us, [](const auto& send) { return send.has_retries && !send.is_probe; });
  const std::int64_t back_us = run.now_us();
  TokenBucket bucket(limit_per_s, burst);
  run.run(30 * kMinuteUs, [&](std::int64_t now_us) {
    return Simulation::Answer{.status = bucket.take(now_us) ? 200 : 429};
  });
  story.peak_per_s = run.peak_per_s(back_us);
  story.recovery_s = static_cast<double>(run.now_us() - back_us) / 1e6;
  story.completed = run.completed;
  story.dead = run.dead;
  return story;
}

class Outage : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Outage, ::testing::Range(1U, 9U));

TEST_P(Outage, TenMinutesKillNothingAndNoSecondStormFollows) {
  Simulation run(GetParam());
  const Story story = ten_minutes_down(run, 10'000, 0, 50);
  EXPECT_EQ(story.dead, 0);
  EXPECT_EQ(story.completed, 10'000);
  EXPECT_LE(story.unprobed_retries, 100U);  // 500 tokens at 5
  EXPECT_LE(story.sends_in_outage, 50U);    // in flight when it began, and probes
  EXPECT_LE(story.peak_per_s, 60U);         // 1.2 times the limit
  // The last wait of the breaker, the draining, and the back-off of those that were probes.
  EXPECT_LE(story.recovery_s, 60 + 30 + 60);
}

TEST_P(Outage, ABacklogOfRetriesAloneIsProbedAndDrained) {
  Simulation run(GetParam());
  const Story story = ten_minutes_down(run, 10'000, 8, 50);
  EXPECT_EQ(story.dead, 0);
  EXPECT_EQ(story.completed, 10'000);
  EXPECT_LE(story.unprobed_retries, 100U);
  EXPECT_LE(story.peak_per_s, 60U);
  EXPECT_LE(story.recovery_s, 60 + 30 + 300);
}

// Before anybody can know of an outage, those in flight have had their last attempt.
TEST_P(Outage, OnlyAnUpdateAtItsLastAttemptWhenItBeginsDies) {
  Simulation run(GetParam());
  const Story story = ten_minutes_down(run, 10'000, 11, 50);
  EXPECT_LE(story.dead, 16 * 25);
  EXPECT_EQ(story.completed + story.dead, 10'000);
}

TEST_P(Outage, ASingleUpdateOutlivesItToo) {
  for (const auto& down : {Simulation::Server(fails), Simulation::Server([](std::int64_t) {
                             return Simulation::Answer{.wire = Wire::unknown};
                           }),
                           Simulation::Server([](std::int64_t) {
                             return Simulation::Answer{.wire = Wire::not_sent};
                           })}) {
    Simulation run(GetParam());
    const Story story = ten_minutes_down(run, 1, 0, 50, down);
    EXPECT_EQ(story.completed, 1);
    EXPECT_LE(story.sends_in_outage, 60U);
    EXPECT_LE(story.recovery_s, 300 + 60);  // its own back-off counts too
  }
}

// The same story without one part of the engine: what the others cannot do for it. Without these
// the tests above would prove nothing.
TEST(OutageTeeth, WithoutTheBreakerTheTargetIsHammeredAndUpdatesDie) {
  Simulation run(1);
  run.options.breaker.failures = 0;
  run.options.retry.budget_tokens = 0;
  const Story story = ten_minutes_down(run, 10'000, 0, 50);
  EXPECT_GT(story.retries_in_outage, 1'000U);
  EXPECT_GT(story.dead, 1'000);
}

TEST(OutageTeeth, TheBudgetAloneStillBoundsTheRetries) {
  Simulation run(1);
  run.options.breaker.failures = 0;
  const Story story = ten_minutes_down(run, 10'000, 0, 50);
  // The bucket, and one retry a second without a token.
  EXPECT_LE(story.retries_in_outage, 100U + 600U);
  EXPECT_EQ(story.completed + story.dead, 10'000);
}

// A target that comes back without a limit of its own.
std::size_t first_second_after(bool paced) {
  Simulation run(1);
  run.options.pace.adaptive = paced;
  run.add(10'000);
  run.run(10 * kMinuteUs, fails);
  const std::int64_t back_us = run.now_us();
  run.run(30 * kMinuteUs, [](std::int64_t) { return Simulation::Answer{}; });
  EXPECT_EQ(run.completed, 10'000);
  const auto first = std::ranges::find_if(
      run.sends(), [&](const auto& send) { return send.at_us >= back_us && send.updates > 1; });
  return run.count(first->at_us,
                   [&](const auto& send) { return send.at_us < first->at_us + kSecondUs; });
}

TEST(OutageTeeth, WithoutThePaceASecondStormFollows) {
  EXPECT_LE(first_second_after(true), 15U);
  EXPECT_GT(first_second_after(false), 300U);
}

TEST(RetryBudgetInARun, FreshUpdatesPassRetriesThatMustWait) {
  Simulation run(3);
  run.options.breaker.failures = 0;
  run.options.retry.budget_tokens = 5;
  run.options.retry.base_ms = 0;
  run.target.max_updates = 1;
  int asked = 0;
  run.add(200);
  // Every other request fails.
  run.run(5 * kSecondUs,
          [&](std::int64_t) { return Simulation::Answer{.status = ++asked % 2 == 0 ? 503 : 200}; });
  // The untried ones are all through; the retries wait for tokens, and none of them is dead.
  EXPECT_GE(run.count(0, [](const auto& send) { return !send.has_retries; }), 200U);
  EXPECT_GT(run.waiting(), 0U);
  EXPECT_EQ(run.dead, 0);
  run.run(10 * kMinuteUs, [](std::int64_t) { return Simulation::Answer{}; });
  EXPECT_EQ(run.completed, 200);
}

// ---- the pace -------------------------------------------------------------------------------

struct Limited {
  double used = 0;
  double refused = 0;
};

// A minute under a limit of 25 a second, of which the first ten seconds do not count.
Limited a_minute_under(unsigned seed, const std::function<bool(std::int64_t)>& take,
                       double latency_us = 20'000, double limit_per_s = 25) {
  Simulation run(seed);
  run.options.max_in_flight = 8;
  run.target.max_updates = 1;
  run.latency_us = latency_us;
  run.add(static_cast<std::size_t>(limit_per_s * 100));
  const auto server = [&](std::int64_t now_us) {
    return Simulation::Answer{.status = take(now_us) ? 200 : 429};
  };
  run.run(10 * kSecondUs, server);
  const std::int64_t from_us = run.now_us();
  run.run(60 * kSecondUs, server);
  const auto all = static_cast<double>(run.count(from_us, any));
  const auto bad = static_cast<double>(run.count(from_us, refused));
  EXPECT_EQ(run.dead, 0);
  return {(all - bad) / (60 * limit_per_s), bad / all};
}

class Pace : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Pace, ::testing::Range(1U, 13U));

TEST_P(Pace, FindsALimitOf25WithoutBeingTold) {
  for (const double burst : {3.0, 5.0, 25.0}) {
    for (const double latency_us : {5'000.0, 50'000.0, 200'000.0}) {
      TokenBucket bucket(25, burst);
      const Limited result = a_minute_under(
          GetParam(), [&](std::int64_t now_us) { return bucket.take(now_us); }, latency_us);
      EXPECT_GT(result.used, 0.85) << burst << " " << latency_us;
      EXPECT_LT(result.refused, 0.02) << burst << " " << latency_us;
    }
  }
}

TEST_P(Pace, FindsALimitThatIsCountedInWindows) {
  FixedWindow window(25);
  const Limited result =
      a_minute_under(GetParam(), [&](std::int64_t now_us) { return window.take(now_us); });
  EXPECT_GT(result.used, 0.85);
  EXPECT_LT(result.refused, 0.02);
}

// Each request must be at least 40 ms after the one before: jitter alone is refused.
TEST_P(Pace, ComesCloseToALimitWithoutAnySlack) {
  TokenBucket bucket(25, 1);
  const Limited result =
      a_minute_under(GetParam(), [&](std::int64_t now_us) { return bucket.take(now_us); });
  EXPECT_GT(result.used, 0.7);
  EXPECT_LT(result.refused, 0.02);
}

TEST_P(Pace, FollowsALimitThatChanges) {
  Simulation run(GetParam());
  run.target.max_updates = 1;
  run.add(20'000);
  TokenBucket first(25, 5);
  TokenBucket low(5, 5);
  TokenBucket high(50, 5);
  const auto phase = [&](TokenBucket& bucket, std::int64_t settle_s, std::int64_t measure_s) {
    const auto server = [&](std::int64_t now_us) {
      return Simulation::Answer{.status = bucket.take(now_us) ? 200 : 429};
    };
    run.run(settle_s * kSecondUs, server);
    const std::int64_t from_us = run.now_us();
    const int before = run.completed;
    run.run(measure_s * kSecondUs, server);
    const auto all = static_cast<double>(run.count(from_us, any));
    const double good = run.completed - before;
    return std::pair(good / static_cast<double>(measure_s), (all - good) / all);
  };
  EXPECT_GT(phase(first, 10, 60).first, 0.85 * 25);
  const auto [slow, refused_slow] = phase(low, 10, 60);
  EXPECT_GT(slow, 0.85 * 5);
  EXPECT_LT(refused_slow, 0.05);
  EXPECT_GT(phase(high, 120, 60).first, 0.85 * 50);
  EXPECT_EQ(run.dead, 0);
}

TEST(PaceTeeth, WithoutItMuchMoreIsRefused) {
  Simulation run(1);
  run.options.pace.adaptive = false;
  run.options.max_in_flight = 8;
  run.target.max_updates = 1;
  run.add(3'000);
  TokenBucket bucket(25, 5);
  run.run(70 * kSecondUs, [&](std::int64_t now_us) {
    return Simulation::Answer{.status = bucket.take(now_us) ? 200 : 429};
  });
  const auto all = static_cast<double>(run.sends().size());
  EXPECT_TRUE(static_cast<double>(run.count(0, refused)) > 0.1 * all ||
              static_cast<double>(run.completed) < 0.5 * 25 * 70);
}

TEST(PaceOff, CostsNothingWhileNobodyRefuses) {
  Simulation run(1);
  run.add(10'000);
  run.run(kMinuteUs, [](std::int64_t) { return Simulation::Answer{}; });
  EXPECT_EQ(run.completed, 10'000);
  EXPECT_EQ(run.state().requests_per_s, 0);
  // 400 requests, 16 at once, about 24 ms each.
  EXPECT_LT(run.now_us(), 2 * kSecondUs);
}

TEST(PaceLimit, OfOurOwnIsKeptFromTheFirstRequestOn) {
  Simulation run(1);
  run.options.pace.max_requests_per_s = 20;
  run.add(25 * 200);
  run.run(kMinuteUs, [](std::int64_t) { return Simulation::Answer{}; });
  EXPECT_EQ(run.completed, 25 * 200);
  EXPECT_LE(run.peak_per_s(), 21U);
  EXPECT_LT(run.now_us(), 11 * kSecondUs);
}

TEST(Throttling, WithRetryAfterNobodySendsUntilThenAndThePaceStaysOff) {
  Simulation run(1);
  run.add(10'000);
  const std::int64_t opens_us = run.now_us() + 30 * kSecondUs;
  run.run(10 * kMinuteUs, [&](std::int64_t now_us) {
    if (now_us >= opens_us) return Simulation::Answer{};
    return Simulation::Answer{.status = 429, .retry_after = "30"};
  });
  EXPECT_EQ(run.completed, 10'000);
  EXPECT_LE(run.count(0, refused), 16U);
  EXPECT_EQ(run.state().requests_per_s, 0);
}

}  // namespace
}  // namespace cxrelay::testing
