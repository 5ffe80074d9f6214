#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "delivery/retry_policy.hpp"
#include "sample_times.hpp"

namespace cxrelay::delivery {
namespace {

using testing::kMay15Us;

constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr double kAlmostOne = 0.999'999'999'999;

Attempt attempt(Class verdict, int attempts_before = 0) {
  Attempt result;
  result.verdict = verdict;
  result.attempts_before = attempts_before;
  result.accepted_us = kMay15Us;
  result.now_us = kMay15Us;
  return result;
}

std::int64_t delay_ms(const Decision& decision) {
  return (decision.not_before_us - kMay15Us) / 1000;
}

TEST(RetryPolicy, TheWholeScheduleOfTransientTrouble) {
  const std::int64_t ceilings_ms[] = {250,    500,    1'000,  2'000,   4'000,  8'000,
                                      16'000, 32'000, 64'000, 128'000, 256'000};
  for (int n = 0; n < 11; ++n) {
    const Attempt some = attempt(Class::transient, n);
    EXPECT_EQ(decide({}, some, 0.0).outcome, Outcome::retry);
    EXPECT_EQ(delay_ms(decide({}, some, 0.0)), 0);
    EXPECT_EQ(delay_ms(decide({}, some, 0.5)), ceilings_ms[n] / 2);
    EXPECT_LT(delay_ms(decide({}, some, kAlmostOne)), ceilings_ms[n]);
  }
  const Decision twelfth = decide({}, attempt(Class::transient, 11), 0.5);
  EXPECT_EQ(twelfth.outcome, Outcome::dead);
  EXPECT_EQ(twelfth.limit, Limit::attempts);
}

TEST(RetryPolicy, ThrottlingStartsAtOneSecondAndIsCapped) {
  RetryPolicy policy;
  policy.max_attempts = 100;
  EXPECT_EQ(delay_ms(decide(policy, attempt(Class::throttled, 0), 0.5)), 500);
  EXPECT_EQ(delay_ms(decide(policy, attempt(Class::throttled, 3), 0.5)), 4'000);
  EXPECT_EQ(delay_ms(decide(policy, attempt(Class::throttled, 9), 0.5)), 150'000);
  EXPECT_EQ(delay_ms(decide(policy, attempt(Class::throttled, 90), 0.5)), 150'000);
}

TEST(RetryPolicy, TheServersTimeIsObeyedAndNothingOfOursIsAdded) {
  Attempt some = attempt(Class::throttled, 9);
  some.server_said_when = true;
  some.earliest_us = kMay15Us + 30'000'000;
  EXPECT_EQ(delay_ms(decide({}, some, 0.9)), 30'000);
}

TEST(RetryPolicy, TheGateHoldsBackWhoWouldComeEarlier) {
  Attempt some = attempt(Class::throttled);
  some.earliest_us = kMay15Us + 700'000;
  EXPECT_EQ(delay_ms(decide({}, some, 0.5)), 700);
  EXPECT_EQ(delay_ms(decide({}, some, 0.9)), 900);
}

TEST(RetryPolicy, JitterOnlyAddsToRetryAfter) {
  const RetryPolicy policy;
  EXPECT_EQ(obeyed_ms(0, policy, 0.0), 0);
  EXPECT_EQ(obeyed_ms(30'000, policy, 0.0), 30'000);
  EXPECT_EQ(obeyed_ms(30'000, policy, 0.5), 30'125);
  EXPECT_EQ(obeyed_ms(3'600'000, policy, 0.9), 3'600'000);
  EXPECT_EQ(obeyed_ms(999'999'999'000, policy, 0.9), 3'600'000);
}

TEST(RetryPolicy, UnknownIsSentAgainOnlyWhereTwiceIsOnce) {
  EXPECT_EQ(decide({}, attempt(Class::unknown), 0.5).outcome, Outcome::retry);
  EXPECT_EQ(delay_ms(decide({}, attempt(Class::unknown, 2), 0.5)), 500);
  EXPECT_EQ(decide({}, attempt(Class::unknown, 11), 0.5).outcome, Outcome::dead);
  Attempt once = attempt(Class::unknown, 11);
  once.idempotent = false;
  EXPECT_EQ(decide({}, once, 0.5).outcome, Outcome::parked);
}

TEST(RetryPolicy, NotSentCostsNoAttempt) {
  Attempt some = attempt(Class::not_sent, 1'000);
  some.earliest_us = kMay15Us + 5'000'000;
  const Decision decision = decide({}, some, 0.5);
  EXPECT_EQ(decision.outcome, Outcome::released);
  EXPECT_EQ(delay_ms(decision), 5'000);
}

TEST(RetryPolicy, NobodyIsSentAfterSeventyTwoHours) {
  for (const Class verdict :
       {Class::not_sent, Class::transient, Class::throttled, Class::unknown}) {
    Attempt some = attempt(verdict);
    some.accepted_us = kMay15Us - 72 * kHourUs;
    EXPECT_NE(decide({}, some, 0.0).outcome, Outcome::dead) << to_text(verdict);
    some.accepted_us -= 1;
    EXPECT_EQ(decide({}, some, 0.0).outcome, Outcome::dead) << to_text(verdict);
    EXPECT_EQ(decide({}, some, 0.0).limit, Limit::age);
    // Nor if it would be too old by the time it is sent.
    some.accepted_us = kMay15Us - 72 * kHourUs + 1'000'000;
    some.earliest_us = kMay15Us + 2'000'000;
    some.server_said_when = true;
    EXPECT_EQ(decide({}, some, 0.0).limit, Limit::age);
  }
}

// Somebody sets the clock between the acceptance and the answer.
TEST(RetryPolicy, AClockStepOfADayNeitherKillsNorStalls) {
  for (const Class verdict :
       {Class::not_sent, Class::transient, Class::throttled, Class::unknown}) {
    for (const std::int64_t step_us : {-24 * kHourUs, 24 * kHourUs}) {
      Attempt some = attempt(verdict, 3);
      some.now_us = kMay15Us + step_us;
      const Decision decision = decide({}, some, 0.5);
      EXPECT_NE(decision.outcome, Outcome::dead) << to_text(verdict);
      EXPECT_LE(decision.not_before_us - some.now_us, 300'000'000) << to_text(verdict);
    }
  }
}

TEST(RetryPolicy, WhileTheTargetIsDownOnlyAgeKills) {
  for (const Class verdict : {Class::transient, Class::unknown, Class::throttled}) {
    Attempt some = attempt(verdict, 40);
    EXPECT_EQ(decide({}, some, 0.5).limit, Limit::attempts) << to_text(verdict);
    some.target_down = true;
    EXPECT_EQ(decide({}, some, 0.5).outcome, Outcome::retry) << to_text(verdict);
    EXPECT_LE(delay_ms(decide({}, some, kAlmostOne)), 300'000);
    some.accepted_us -= 72 * kHourUs;
    EXPECT_EQ(decide({}, some, 0.5).limit, Limit::age) << to_text(verdict);
  }
  Attempt bad = attempt(Class::permanent);
  bad.target_down = true;
  EXPECT_EQ(decide({}, bad, 0.5).outcome, Outcome::dead);
}

TEST(RetryPolicy, ARefusedClientKillsNothing) {
  Attempt some = attempt(Class::auth, 500);
  some.accepted_us = kMay15Us - 1'000 * kHourUs;
  const Decision decision = decide({}, some, 0.5);
  EXPECT_EQ(decision.outcome, Outcome::retry);
  EXPECT_EQ(decision.not_before_us, kMay15Us);
}

TEST(RetryPolicy, FinalAnswersAreFinal) {
  EXPECT_EQ(decide({}, attempt(Class::completed), 0.5).outcome, Outcome::completed);
  EXPECT_EQ(decide({}, attempt(Class::permanent), 0.5).outcome, Outcome::dead);
  EXPECT_EQ(decide({}, attempt(Class::permanent), 0.5).limit, Limit::none);
  EXPECT_EQ(decide({}, attempt(Class::split, 11), 0.5).outcome, Outcome::split);
}

TEST(RetryPolicy, ExtremeSettingsDoNotOverflow) {
  EXPECT_EQ(full_jitter_ms(1, 1'000'000, INT64_MAX / 4, 0.0), 0);
  EXPECT_GT(full_jitter_ms(1, 1'000'000, INT64_MAX / 4, 0.5), 0);
  EXPECT_EQ(full_jitter_ms(0, 50, 300'000, 0.9), 0);
  EXPECT_EQ(full_jitter_ms(500, 0, 100, 0.5), 50);
}

// G13: delays are uniform (Kolmogorov-Smirnov at 1 %), and those who failed together do not come
// back together.
TEST(RetryPolicy, DelaysSpreadEvenly) {
  std::mt19937_64 engine(20240515);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  constexpr int kSamples = 1000;
  constexpr double kCeilingMs = 4000;
  std::vector<double> delays;
  for (int i = 0; i < kSamples; ++i)
    delays.push_back(
        static_cast<double>(delay_ms(decide({}, attempt(Class::transient, 4), uniform(engine)))));
  std::ranges::sort(delays);
  double distance = 0;
  for (int i = 0; i < kSamples; ++i) {
    const double ideal = delays[static_cast<std::size_t>(i)] / kCeilingMs;
    distance = std::max({distance, std::abs((i + 1.0) / kSamples - ideal),
                         std::abs(static_cast<double>(i) / kSamples - ideal)});
  }
  EXPECT_LT(distance, 1.63 / std::sqrt(kSamples));
  std::vector<int> bins(40, 0);
  for (const double delay : delays) ++bins[static_cast<std::size_t>(delay / 100)];
  EXPECT_LE(*std::ranges::max_element(bins), 3 * kSamples / 40);
}

}  // namespace
}  // namespace cxrelay::delivery
