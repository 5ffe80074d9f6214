#include <gtest/gtest.h>

#include "delivery/access.hpp"
#include "delivery/gate.hpp"
#include "delivery/reserve.hpp"
#include "delivery/token_watch.hpp"

namespace cxrelay::delivery {
namespace {

TEST(Gate, IsOpenUntilItIsClosed) {
  Gate gate;
  EXPECT_TRUE(gate.is_open(0));
  gate.close_until(100);
  EXPECT_FALSE(gate.is_open(99));
  EXPECT_TRUE(gate.is_open(100));
}

TEST(Gate, NeverShortensAPause) {
  Gate gate;
  gate.close_until(100);
  gate.close_until(50);
  EXPECT_FALSE(gate.is_open(99));
}

TEST(Gate, RequestsThatWereOnTheWireTogetherFailOnce) {
  Gate gate;
  EXPECT_EQ(gate.count_failure(1, 10), 0);
  for (std::int64_t started = 2; started <= 10; ++started)
    EXPECT_EQ(gate.count_failure(started, 20), 0);
  EXPECT_EQ(gate.count_failure(11, 30), 1);
  EXPECT_EQ(gate.count_failure(31, 40), 2);
}

TEST(Gate, ASuccessFromBeforeTheFailureTellsNothing) {
  Gate gate;
  gate.count_failure(5, 10);
  EXPECT_FALSE(gate.count_success(9));
  EXPECT_EQ(gate.failures(), 1);
  EXPECT_TRUE(gate.count_success(11));
  EXPECT_EQ(gate.failures(), 0);
  EXPECT_FALSE(gate.count_success(12));
}

TEST(TokenWatch, TheFirstRefusalCallsForAFreshToken) {
  TokenWatch watch;
  const auto first = watch.next_term();
  EXPECT_FALSE(watch.is_refused(first));
  EXPECT_EQ(watch.on_refusal(first), TokenWatch::Advice::refresh);
  EXPECT_TRUE(watch.is_refused(first));
  EXPECT_EQ(watch.on_refusal(first), TokenWatch::Advice::known);
  EXPECT_FALSE(watch.is_refused(watch.next_term()));
}

TEST(TokenWatch, TheSecondInARowStops) {
  TokenWatch watch;
  watch.on_refusal(watch.next_term());
  EXPECT_EQ(watch.on_refusal(watch.next_term()), TokenWatch::Advice::stop);
}

TEST(TokenWatch, ASuccessInBetweenStartsAnew) {
  TokenWatch watch;
  const auto old = watch.next_term();
  watch.on_refusal(old);
  watch.on_success(old);  // late answer: says nothing of the fresh token
  const auto fresh = watch.next_term();
  watch.on_success(fresh);
  EXPECT_EQ(watch.on_refusal(fresh), TokenWatch::Advice::refresh);
}

TEST(Reserve, FollowsTheGroupsAndShrinksSlowly) {
  Reserve reserve(16);
  reserve.on_group(12);
  EXPECT_EQ(reserve.size(), 18U);
  reserve.on_group(1);
  EXPECT_EQ(reserve.size(), 16U);
  reserve.on_group(1000);
  EXPECT_EQ(reserve.size(), 32U);
  for (int i = 0; i < 40; ++i) reserve.on_group(1);
  EXPECT_EQ(reserve.size(), 7U);  // an eighth of less is nothing
}

TEST(Reserve, BeginsWithAllThatMayBeInFlight) {
  EXPECT_EQ(Reserve(1).size(), 2U);
  EXPECT_EQ(Reserve(64).size(), 64U);
}

Judgement verdict(Class envelope, std::optional<std::int64_t> retry_after_ms = std::nullopt) {
  Judgement judgement;
  judgement.envelope = envelope;
  judgement.throttled = envelope == Class::throttled;
  judgement.retry_after_ms = retry_after_ms;
  return judgement;
}

Job started_at(std::int64_t us, std::uint64_t term = 1) {
  Job job;
  job.started_us = us;
  job.token_term = term;
  return job;
}

TEST(Access, ThrottlingClosesTheGateForEverybody) {
  Access access{UpdaterOptions{}, 25};
  const auto news =
      access.on_answer(verdict(Class::throttled, 30'000), started_at(1), 429, 1'000, 0.0);
  EXPECT_TRUE(news.gate_closed);
  EXPECT_TRUE(news.first_failure);
  EXPECT_EQ(news.gate_opens_us, 30'001'000);
  EXPECT_FALSE(access.is_open(30'000'999));
  EXPECT_FALSE(access.permit(1, 30'000'999).keeps(started_at(0)));
  EXPECT_TRUE(access.is_open(30'001'000));
}

TEST(Access, BackOffGrowsWithFailuresInARowAndEndsWithSuccess) {
  Access access{UpdaterOptions{}, 25};
  std::int64_t now = 1'000;
  for (const std::int64_t pause_ms : {125, 250, 500, 1'000}) {
    const auto news = access.on_answer(verdict(Class::not_sent), started_at(now), 0, now + 1, 0.5);
    EXPECT_EQ(news.gate_opens_us, now + 1 + pause_ms * 1000);
    now = news.gate_opens_us;
  }
  EXPECT_TRUE(
      access.on_answer(verdict(Class::completed), started_at(now), 200, now + 1, 0.5).recovered);
  now += 10;
  EXPECT_EQ(access.on_answer(verdict(Class::not_sent), started_at(now), 0, now, 0.5).gate_opens_us,
            now + 125'000);
}

TEST(Access, ThrottlingWithoutRetryAfterStartsAtOneSecond) {
  Access access{UpdaterOptions{}, 25};
  EXPECT_EQ(access.on_answer(verdict(Class::throttled), started_at(1), 429, 0, 0.5).gate_opens_us,
            500'000);
}

TEST(Access, AnItemThatIsPutOffBesideOthersDoesNotSlowTheTarget) {
  Judgement some = verdict(Class::completed);
  some.throttled = true;
  some.items = {Class::completed, Class::throttled};
  Judgement all = some;
  all.items = {Class::throttled, Class::throttled};
  Access access{UpdaterOptions{}, 25};
  EXPECT_TRUE(access.on_answer(some, started_at(1), 200, 2, 0.5).gate_closed);
  EXPECT_EQ(access.state(3).requests_per_s, 0) << "its own limit";
  access.on_answer(all, started_at(4), 200, 5, 0.5);
  EXPECT_GT(access.state(6).requests_per_s, 0) << "the target's";
}

TEST(Access, NoTokenIsLikeNoTarget) {
  Access access{UpdaterOptions{}, 25};
  EXPECT_TRUE(access.on_no_token(1'000, 0.5).gate_closed);
  EXPECT_FALSE(access.is_open(1'000));
  EXPECT_EQ(access.on_no_token(200'000, 0.5).gate_opens_us, 200'000 + 250'000);
}

TEST(Access, A401AsksForATokenOnceAndThenStops) {
  Access access{UpdaterOptions{}, 25};
  const auto term = access.next_term();
  const auto first = access.on_answer(verdict(Class::auth), started_at(1, term), 401, 2, 0.5);
  EXPECT_TRUE(first.reject_token);
  EXPECT_FALSE(first.stop);
  EXPECT_FALSE(access.permit(1, 3).keeps(started_at(0, term)));
  const auto same = access.on_answer(verdict(Class::auth), started_at(1, term), 401, 2, 0.5);
  EXPECT_FALSE(same.reject_token);
  EXPECT_FALSE(same.stop);
  const auto fresh =
      access.on_answer(verdict(Class::auth), started_at(3, access.next_term()), 401, 4, 0.5);
  EXPECT_TRUE(fresh.reject_token);
  EXPECT_TRUE(fresh.stop);
}

TEST(Access, A403StopsAtOnce) {
  Access access{UpdaterOptions{}, 25};
  const auto news =
      access.on_answer(verdict(Class::auth), started_at(1, access.next_term()), 403, 2, 0.5);
  EXPECT_TRUE(news.stop);
  EXPECT_FALSE(news.reject_token);
}

TEST(Access, AnUnknownOutcomeChangesNothing) {
  Access access{UpdaterOptions{}, 25};
  access.on_no_token(10, 0.0);
  const auto news = access.on_answer(verdict(Class::unknown), started_at(20), 0, 30, 0.5);
  EXPECT_FALSE(news.gate_closed || news.recovered || news.stop);
}

}  // namespace
}  // namespace cxrelay::delivery
