// How much the target is given: retry budget, batch size, pace. One by one; test_outage.cpp has them
// together.
#include <gtest/gtest.h>

#include <cmath>

#include "delivery/batch_size.hpp"
#include "delivery/pacer.hpp"
#include "delivery/rate_meter.hpp"
#include "delivery/retry_budget.hpp"

namespace cxrelay::delivery {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

TEST(RetryBudget, HundredRetriesAndThenOneASecond) {
  RetryBudget budget(500, 5);
  EXPECT_EQ(budget.allowed(0), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(budget.take(0), 5);
  EXPECT_EQ(budget.tokens(), 0);
  EXPECT_EQ(budget.allowed(RetryBudget::kTrickleUs - 1), 0U);
  EXPECT_EQ(budget.trickle_us(), RetryBudget::kTrickleUs);
  EXPECT_EQ(budget.allowed(RetryBudget::kTrickleUs), 1U);
  EXPECT_EQ(budget.take(RetryBudget::kTrickleUs), 0);
  EXPECT_EQ(budget.allowed(RetryBudget::kTrickleUs), 0U);
}

TEST(RetryBudget, SuccessGivesBackWhatTheRetryTookOrOne) {
  RetryBudget budget(500, 5);
  EXPECT_EQ(budget.take(0), 5);
  budget.on_success(5);
  EXPECT_EQ(budget.tokens(), 500);
  for (int i = 0; i < 10; ++i) budget.take(0);
  EXPECT_EQ(budget.tokens(), 450);
  budget.on_success(0);
  EXPECT_EQ(budget.tokens(), 451);
  for (int i = 0; i < 100; ++i) budget.on_success(5);
  EXPECT_EQ(budget.tokens(), 500);
}

TEST(RetryBudget, WhatWasNotSentCostsNothing) {
  RetryBudget budget(500, 5);
  budget.give_back(budget.take(0));
  EXPECT_EQ(budget.tokens(), 500);
  budget.give_back(0);
  EXPECT_EQ(budget.tokens(), 500);
}

TEST(RetryBudget, CanBeSwitchedOff) {
  RetryBudget budget(0, 5);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(budget.take(0), 0);
  EXPECT_EQ(budget.allowed(0), SIZE_MAX);
}

TEST(RateMeter, CountsTheLastSecond) {
  RateMeter meter;
  for (int i = 0; i < 30; ++i) meter.count(10 * kSecondUs + i * 30'000);
  EXPECT_EQ(meter.per_s(10 * kSecondUs + 900'000), 30);
  EXPECT_LT(meter.per_s(10 * kSecondUs + 1'400'000), 20);
  EXPECT_EQ(meter.per_s(20 * kSecondUs), 0);
}

// ---- batch size -----------------------------------------------------------------------------

TEST(BatchSize, A413HalvesItOnceForAllThatWereOnTheWire) {
  BatchSize batch(25);
  batch.on_too_large(25, 10, 20);
  EXPECT_EQ(batch.size(), 12U);
  for (std::int64_t started = 1; started <= 20; ++started) batch.on_too_large(25, started, 30);
  EXPECT_EQ(batch.size(), 12U);
  batch.on_too_large(12, 31, 40);
  EXPECT_EQ(batch.size(), 6U);
}

TEST(BatchSize, GrowsToJustBelowWhatWasRefusedAndTriesThatRarely) {
  BatchSize batch(25);
  batch.on_too_large(25, 10, 20);
  int successes = 0;
  while (batch.size() < 24) {
    batch.on_success(batch.size());
    ++successes;
  }
  EXPECT_EQ(successes, 12);
  for (successes = 0; batch.size() < 25; ++successes) batch.on_success(24);
  EXPECT_EQ(successes, 64);
  batch.on_too_large(25, 100, 200);
  EXPECT_EQ(batch.size(), 12U);
  while (batch.size() < 24) batch.on_success(batch.size());
  for (successes = 0; batch.size() < 25; ++successes) batch.on_success(24);
  EXPECT_EQ(successes, 128);
}

// What a server with a limit of 10 updates refuses, of requests that are always full.
TEST(BatchSize, AServerWithALowerLimitRefusesFewRequests) {
  BatchSize batch(25);
  int refused = 0;
  constexpr int kRequests = 10'000;
  for (int i = 1; i <= kRequests; ++i) {
    const std::size_t size = batch.size();
    if (size > 10) {
      ++refused;
      batch.on_too_large(size, i, i);
    } else {
      batch.on_success(size);
    }
  }
  EXPECT_LE(refused, kRequests / 200);
  EXPECT_GE(batch.size(), 5U);
}

TEST(BatchSize, A429TakesAQuarterOffAndItComesBackWithinAFewRequests) {
  BatchSize batch(25);
  batch.on_throttled(25, 10, 20);
  EXPECT_EQ(batch.size(), 18U);
  batch.on_throttled(25, 15, 30);
  EXPECT_EQ(batch.size(), 18U);
  int successes = 0;
  for (; batch.size() < 25; ++successes) batch.on_success(batch.size());
  EXPECT_EQ(successes, 7);
  for (std::int64_t i = 100; i < 200; ++i) batch.on_throttled(batch.size(), i, i);
  EXPECT_EQ(batch.size(), 1U);
}

TEST(BatchSize, SmallRequestsProveNothing) {
  BatchSize batch(25);
  batch.on_throttled(25, 10, 20);
  for (int i = 0; i < 100; ++i) batch.on_success(3);
  EXPECT_EQ(batch.size(), 18U);
  batch.on_too_large(1, 30, 40);
  EXPECT_EQ(batch.size(), 18U);
}

// ---- pace -----------------------------------------------------------------------------------

TEST(Pacer, IsOffUntilAThrottledAnswer) {
  Pacer pacer{PacePolicy{}};
  EXPECT_FALSE(pacer.is_on());
  EXPECT_EQ(pacer.grant(1'000, 0), 1'000U);
  EXPECT_TRUE(std::isinf(pacer.rate_per_s(0)));
  EXPECT_TRUE(pacer.on_throttled(1, 2));
  EXPECT_TRUE(pacer.is_on());
}

TEST(Pacer, BeginsWithWhatWasAccepted) {
  Pacer pacer{PacePolicy{}};
  for (int i = 0; i < 40; ++i) pacer.on_accepted(10 * kSecondUs + i * 20'000);
  pacer.on_throttled(11 * kSecondUs - 1'000, 11 * kSecondUs - 200'000);
  EXPECT_NEAR(pacer.rate_per_s(11 * kSecondUs - 200'000), 40, 1);
}

TEST(Pacer, WhatWasOnTheWireTogetherCountsOnce) {
  Pacer pacer{PacePolicy{}};
  EXPECT_TRUE(pacer.on_throttled(10, 20));
  for (std::int64_t started = 1; started <= 20; ++started)
    EXPECT_FALSE(pacer.on_throttled(started, 30));
  EXPECT_TRUE(pacer.on_throttled(21, 40)) << "nothing was accepted in between: a pause";
}

TEST(Pacer, SpacesRequestsEvenly) {
  Pacer pacer{PacePolicy{.max_requests_per_s = 25}};
  std::int64_t now_us = kSecondUs;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(pacer.grant(8, now_us), 1U);
    pacer.on_start(1, now_us);
    EXPECT_EQ(pacer.grant(8, now_us + 39'000), 0U);
    now_us += 40'000;  // in time, so nothing is to be caught up
  }
}

TEST(Pacer, ALateStartIsNotMadeUpFor) {
  Pacer pacer{PacePolicy{.max_requests_per_s = 25}};
  pacer.on_start(1, kSecondUs);
  EXPECT_EQ(pacer.grant(8, 10 * kSecondUs), 1U);
}

TEST(Pacer, AtAHighRateSeveralStartAtOnceSoThatSleepsOfAMillisecondDo) {
  Pacer pacer{PacePolicy{.max_requests_per_s = 4'000}};
  std::int64_t now_us = kSecondUs;
  std::size_t started = 0;
  for (; now_us < 2 * kSecondUs; now_us += 1'000) {
    const std::size_t may = pacer.grant(100, now_us);
    pacer.on_start(may, now_us);
    started += may;
  }
  EXPECT_NEAR(static_cast<double>(started), 4'000, 50);
}

// A pacer on its curve: refused at 25 a second after 100 accepted requests.
Pacer on_curve(std::int64_t now_us) {
  Pacer pacer{PacePolicy{}};
  for (int i = 0; i < 25; ++i) pacer.on_accepted(now_us - 500'000);
  pacer.on_throttled(now_us - 1, now_us);
  for (int i = 0; i < 100; ++i) pacer.on_accepted(now_us);
  pacer.on_throttled(now_us + 1, now_us + 2);
  return pacer;
}

// Keeps asking for more than it gets, so that it counts as used.
double rate_after(Pacer& pacer, std::int64_t from_us, std::int64_t seconds) {
  for (std::int64_t us = 0; us <= seconds * kSecondUs; us += 100'000) {
    pacer.on_start(pacer.grant(1'000, from_us + us), from_us + us);
  }
  return pacer.rate_per_s(from_us + seconds * kSecondUs);
}

TEST(Pacer, TheCurveStaysNearTheCeilingAndThenLeavesIt) {
  const std::int64_t now_us = 100 * kSecondUs;
  Pacer pacer = on_curve(now_us);
  EXPECT_NEAR(pacer.rate_per_s(now_us + 2), 25 * 0.94, 0.1);
  EXPECT_NEAR(rate_after(pacer, now_us, 8), 25, 0.1);
  EXPECT_NEAR(rate_after(pacer, now_us, 16), 25 * 1.06, 0.1);
  EXPECT_GT(rate_after(pacer, now_us, 40), 100);
}

TEST(Pacer, ARateThatNobodyUsesDoesNotGrow) {
  const std::int64_t now_us = 100 * kSecondUs;
  Pacer pacer = on_curve(now_us);
  for (std::int64_t s = 1; s < 500; ++s) {
    EXPECT_EQ(pacer.grant(1, now_us + s * kSecondUs), 1U);
    pacer.on_start(1, now_us + s * kSecondUs);
  }
  EXPECT_LE(pacer.rate_per_s(now_us + 500 * kSecondUs), 25.01);
}

TEST(Pacer, ForgetsALimitAfterTenQuietMinutes) {
  const std::int64_t now_us = 100 * kSecondUs;
  Pacer pacer = on_curve(now_us);
  pacer.grant(1, now_us + 599 * kSecondUs);
  EXPECT_TRUE(pacer.is_on());
  EXPECT_EQ(pacer.grant(1'000, now_us + 601 * kSecondUs), 1'000U);
  EXPECT_FALSE(pacer.is_on());
}

TEST(Pacer, AFewRefusalsOfManyCostLessThanManyOfAFew) {
  for (const auto& [accepted, kept] :
       {std::pair(5, 0.7), std::pair(40, 0.85), std::pair(1'000, 0.97)}) {
    Pacer pacer{PacePolicy{}};
    for (int i = 0; i < 100; ++i) pacer.on_accepted(kSecondUs);
    pacer.on_throttled(kSecondUs + 1, kSecondUs + 2);
    for (int i = 0; i < accepted; ++i) pacer.on_accepted(kSecondUs + 2);
    const double before = pacer.rate_per_s(kSecondUs + 3);
    EXPECT_FALSE(pacer.on_throttled(kSecondUs + 3, kSecondUs + 3));
    EXPECT_NEAR(pacer.rate_per_s(kSecondUs + 3) / before, kept, 0.001);
  }
}

TEST(Pacer, OurOwnLimitIsTheMost) {
  Pacer pacer{PacePolicy{.max_requests_per_s = 10}};
  for (int i = 0; i < 1'000; ++i) pacer.on_accepted(kSecondUs);
  pacer.on_throttled(kSecondUs + 1, kSecondUs + 2);
  EXPECT_EQ(pacer.rate_per_s(kSecondUs + 2), 10);
}

TEST(Pacer, CanBeToldNotToAdapt) {
  Pacer pacer{PacePolicy{.adaptive = false}};
  EXPECT_TRUE(pacer.on_throttled(1, 2));
  EXPECT_FALSE(pacer.is_on());
}

}  // namespace
}  // namespace cxrelay::delivery
