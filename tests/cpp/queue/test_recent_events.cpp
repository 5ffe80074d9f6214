#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "queue/recent_events.hpp"

namespace cxrelay::queue {
namespace {

TEST(RecentEvents, KnowsWhatWasStoredAfterTheStart) {
  RecentEvents recent(64);
  recent.restart(100);
  EXPECT_FALSE(recent.maybe_stored(101, "i1"));
  recent.add(101, "i1");
  EXPECT_TRUE(recent.maybe_stored(101, "i1"));
  EXPECT_FALSE(recent.maybe_stored(101, "i2")) << "another interaction at that time";
  EXPECT_FALSE(recent.maybe_stored(102, "i1")) << "another time of that interaction";
}

TEST(RecentEvents, WhatIsAsOldAsTheStartMayBeStored) {
  RecentEvents recent(64);
  recent.restart(100);
  EXPECT_TRUE(recent.maybe_stored(100, "i1"));
  EXPECT_TRUE(recent.maybe_stored(99, "i1"));
}

TEST(RecentEvents, AnEventThatComesLateIsNewAsLongAsItsTimeIsRemembered) {
  RecentEvents recent(64);
  recent.restart(100);
  recent.add(500, "i1");
  EXPECT_FALSE(recent.maybe_stored(200, "i2"));
}

TEST(RecentEvents, WhatItForgetsMayBeStored) {
  RecentEvents recent(64);
  recent.restart(0);
  for (std::int64_t time = 1; time <= 3 * 64; ++time) recent.add(time, "i1");
  EXPECT_TRUE(recent.maybe_stored(64, "i2")) << "the oldest 64 were forgotten";
  EXPECT_FALSE(recent.maybe_stored(65, "i2"));
  EXPECT_TRUE(recent.maybe_stored(65, "i1"));
}

TEST(RecentEvents, WhatItForgetsNeverLowersTheHorizon) {
  RecentEvents recent(64);
  recent.restart(1000);
  for (int i = 0; i < 65; ++i) recent.add(2000, "i" + std::to_string(i));
  EXPECT_TRUE(recent.maybe_stored(1000, "other"));
  for (int i = 0; i < 64; ++i) recent.add(1500, "j" + std::to_string(i));
  for (int i = 0; i < 128; ++i) recent.add(3000, "k" + std::to_string(i));
  EXPECT_TRUE(recent.maybe_stored(2000, "other")) << "forgotten before those of 1500 were";
}

TEST(RecentEvents, TheNewestOfWhatItForgetsCounts) {
  RecentEvents recent(64);
  recent.restart(0);
  recent.add(500, "i1");
  for (int i = 0; i < 128; ++i) recent.add(100, "j" + std::to_string(i));
  EXPECT_TRUE(recent.maybe_stored(500, "i1"));
}

TEST(RecentEvents, CanStartAgain) {
  RecentEvents recent(64);
  recent.restart(0);
  for (int i = 0; i < 100; ++i) recent.add(9, "i" + std::to_string(i));
  recent.restart(5);
  EXPECT_TRUE(recent.maybe_stored(5, "other"));
  int taken_for_stored = 0;
  for (int i = 0; i < 100; ++i)
    taken_for_stored += recent.maybe_stored(9, "i" + std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(taken_for_stored, 0);
}

TEST(RecentEvents, NeverTakesAStoredEventForANewOneAndSeldomTheOtherWayRound) {
  RecentEvents recent(1024);
  recent.restart(0);
  std::set<std::pair<std::int64_t, std::string>> stored;
  std::uint64_t state = 42;
  int mistaken = 0;
  int asked = 0;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    // One of 64 events is so late that its time was forgotten.
    const std::int64_t late = (state >> 40 & 63) == 0 ? 100 : 0;
    const std::int64_t time = 100 + i / 40 + static_cast<std::int64_t>(state >> 62) - late;
    const std::string id = "i" + std::to_string(state >> 50 & 31);
    const bool known = stored.contains({time, id});
    const bool maybe = recent.maybe_stored(time, id);
    ASSERT_TRUE(maybe || !known) << time << ' ' << id;
    asked += known ? 0 : 1;
    mistaken += maybe && !known ? 1 : 0;
    stored.emplace(time, id);
    recent.add(time, id);
  }
  EXPECT_GT(asked, 5'000);
  EXPECT_LT(mistaken, asked / 20);
}

}  // namespace
}  // namespace cxrelay::queue
