#include <gtest/gtest.h>

#include "delivery/breaker.hpp"

namespace cxrelay::delivery {
namespace {

using Change = Breaker::Change;
constexpr std::int64_t kMs = 1000;

// One whose tenth failure in a row opens it.
Breaker opened(std::int64_t now_us = 0, double uniform = 0.0) {
  Breaker breaker{BreakerPolicy{}};
  for (int i = 0; i < 9; ++i)
    EXPECT_EQ(breaker.on_failure(breaker.term(), now_us, uniform), Change::none);
  EXPECT_EQ(breaker.on_failure(breaker.term(), now_us, uniform), Change::opened);
  return breaker;
}

// Starts a probe and returns what became of it.
Change probe(Breaker& breaker, bool good, std::int64_t now_us, double uniform = 0.0) {
  breaker.advance(now_us);
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
  EXPECT_GT(breaker.probes_left(), 0U);
  breaker.on_start();
  return good ? breaker.on_success(breaker.term())
              : breaker.on_failure(breaker.term(), now_us, uniform);
}

TEST(Breaker, OpensAfterTenFailuresInARow) { EXPECT_EQ(opened().state(), BreakerState::open); }

TEST(Breaker, ASuccessInBetweenStartsAnew) {
  Breaker breaker{BreakerPolicy{}};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 9; ++i) breaker.on_failure(breaker.term(), 0, 0.5);
    if (round < 2) breaker.on_success(breaker.term());
  }
  EXPECT_EQ(breaker.state(), BreakerState::closed);
}

TEST(Breaker, OpensWhenNearlyAllOfTheLast32Failed) {
  Breaker breaker{BreakerPolicy{}};
  int sent = 0;
  // One in six succeeds: never ten failures in a row.
  while (breaker.state() == BreakerState::closed && ++sent < 1'000) {
    if (sent % 6 == 0)
      breaker.on_success(breaker.term());
    else
      breaker.on_failure(breaker.term(), 0, 0.5);
  }
  EXPECT_EQ(sent, 32);
}

TEST(Breaker, AThirdThatSucceedsKeepsItClosed) {
  Breaker breaker{BreakerPolicy{}};
  for (int i = 0; i < 1'000; ++i) {
    if (i % 3 == 0)
      breaker.on_success(breaker.term());
    else
      breaker.on_failure(breaker.term(), 0, 0.5);
  }
  EXPECT_EQ(breaker.state(), BreakerState::closed);
}

TEST(Breaker, WaitsLongerEachTimeAndIsCapped) {
  const std::int64_t waits_ms[] = {500, 1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000};
  Breaker breaker = opened(0, 0.0);
  std::int64_t now_us = 0;
  for (const std::int64_t wait_ms : waits_ms) {
    EXPECT_EQ(breaker.opens_us() - now_us, wait_ms * kMs);
    breaker.advance(breaker.opens_us() - 1);
    EXPECT_EQ(breaker.state(), BreakerState::open);
    now_us = breaker.opens_us();
    EXPECT_EQ(probe(breaker, false, now_us), Change::opened);
  }
}

TEST(Breaker, TheWaitIsBetweenHalfAndAllOfIt) {
  EXPECT_EQ(opened(0, 0.0).opens_us(), 500 * kMs);
  EXPECT_EQ(opened(0, 0.5).opens_us(), 750 * kMs);
  EXPECT_LT(opened(0, 0.999'999).opens_us(), 1'000 * kMs);
}

TEST(Breaker, TheFirstProbeGoesAloneAndThreeSuccessesCloseIt) {
  Breaker breaker = opened();
  breaker.advance(breaker.opens_us());
  EXPECT_EQ(breaker.probes_left(), 1U);
  breaker.on_start();
  EXPECT_EQ(breaker.probes_left(), 0U);
  EXPECT_EQ(breaker.on_success(breaker.term()), Change::none);
  EXPECT_EQ(breaker.probes_left(), 2U);
  breaker.on_start();
  breaker.on_start();
  EXPECT_EQ(breaker.probes_left(), 0U);
  EXPECT_EQ(breaker.on_success(breaker.term()), Change::none);
  EXPECT_EQ(breaker.on_success(breaker.term()), Change::closed);
  EXPECT_EQ(breaker.openings(), 0);
}

TEST(Breaker, AProbeThatTellsNothingIsReplaced) {
  Breaker breaker = opened();
  breaker.advance(breaker.opens_us());
  breaker.on_start();
  breaker.on_nothing(breaker.term());
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
  EXPECT_EQ(breaker.probes_left(), 1U);
}

TEST(Breaker, AnswersToRequestsOfAnEarlierTermTellNothing) {
  Breaker breaker{BreakerPolicy{}};
  const auto before = breaker.term();
  for (int i = 0; i < 10; ++i) breaker.on_failure(before, 0, 0.0);
  const std::int64_t opens_us = breaker.opens_us();
  // Six more that were on the wire with them.
  for (int i = 0; i < 6; ++i) EXPECT_EQ(breaker.on_failure(before, 100, 0.9), Change::none);
  EXPECT_EQ(breaker.opens_us(), opens_us);
  EXPECT_EQ(breaker.openings(), 1);
  breaker.advance(opens_us);
  EXPECT_EQ(breaker.on_failure(before, opens_us, 0.5), Change::none);
  EXPECT_EQ(breaker.on_success(before), Change::none);
  breaker.on_nothing(before);
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
  EXPECT_EQ(breaker.probes_left(), 1U);
}

TEST(Breaker, CanBeSwitchedOff) {
  Breaker breaker{BreakerPolicy{.failures = 0}};
  for (int i = 0; i < 1'000; ++i) breaker.on_failure(breaker.term(), 0, 0.5);
  EXPECT_EQ(breaker.state(), BreakerState::closed);
}

}  // namespace
}  // namespace cxrelay::delivery
