// The parts of the queue that decide without doing.
#include <gtest/gtest.h>

#include "queue/checkpoint_pace.hpp"
#include "queue/delivered.hpp"
#include "queue/merge.hpp"
#include "queue/waiting.hpp"

namespace cxrelay::queue {
namespace {

TEST(WithoutNewer, KeepsWhatNobodyNewerSet) {
  EXPECT_EQ(without_newer(R"({"attributes":{"a":1,"b":2}})", {R"({"attributes":{"b":3}})"}),
            R"({"attributes":{"a":1}})");
  EXPECT_EQ(without_newer(R"({"attributes":{"a":1}})", {R"({"attributes":{"a":2,"c":1}})"}), "");
  EXPECT_EQ(without_newer(R"({"a":1,"b":{"c":1}})", {R"({"b":{"c":2}})", R"({"x":0})"}),
            R"({"a":1})");
  EXPECT_EQ(without_newer(R"({"a":{"x":1}})", {R"({"a":5})"}), "");
  EXPECT_EQ(without_newer(R"({"a":12345678901234567890123})", {R"({"b":1})"}),
            R"({"a":12345678901234567890123})");
}

TEST(Merge, TheNewerValueWinsMemberByMember) {
  EXPECT_EQ(merge(R"({"attributes":{"a":1,"b":2}})", R"({"attributes":{"b":3,"c":4}})"),
            R"({"attributes":{"a":1,"b":3,"c":4}})");
  EXPECT_EQ(merge(R"({"a":{"x":1}})", R"({"a":5})"), R"({"a":5})");
  EXPECT_EQ(merge(R"({"a":5})", R"({"a":{"x":1}})"), R"({"a":{"x":1}})");
  EXPECT_EQ(merge(R"({"a":{}})", R"({"a":{},"b":{"c":[1]}})"), R"({"a":{},"b":{"c":[1]}})");
  EXPECT_EQ(merge("{}", R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(merge(R"({"a":1.50})", "{}"), R"({"a":1.50})");
  EXPECT_EQ(merge("[1]", R"({"a":1})"), R"({"a":1})") << "not an object: nothing to keep of it";
}

TEST(CheckpointPace, TriesWhenTheLogIsLongAndAgainWhenAsMuchHasCome) {
  CheckpointPace pace;
  EXPECT_FALSE(pace.is_due(kCheckpointPages - 1, 1));
  EXPECT_TRUE(pace.is_due(kCheckpointPages, 1));
  EXPECT_FALSE(pace.is_due(kCheckpointPages + 4, 1)) << "a reader holds it: not with each commit";
  EXPECT_FALSE(pace.is_due(2 * kCheckpointPages - 1, 1));
  EXPECT_TRUE(pace.is_due(2 * kCheckpointPages + 3, 1));
  EXPECT_FALSE(pace.is_due(4, 1)) << "it has started again";
  EXPECT_TRUE(pace.is_due(kCheckpointPages, 1));
}

TEST(CheckpointPace, LetsTheLogOfLongTransactionsGrowFarther) {
  CheckpointPace pace;
  EXPECT_FALSE(pace.is_due(kLongCheckpointPages - 1, kLongTransaction));
  EXPECT_TRUE(pace.is_due(kLongCheckpointPages, kLongTransaction));
  EXPECT_FALSE(pace.is_due(4, kLongTransaction)) << "it has started again";
  EXPECT_TRUE(pace.is_due(kCheckpointPages, kLongTransaction - 1)) << "as ever after short ones";
}

TEST(DeliveredMemory, TellsLateFromOrdinary) {
  Delivered delivered(2);
  delivered.add(1, 100);
  EXPECT_TRUE(delivered.maybe_late(1, 99));
  EXPECT_TRUE(delivered.maybe_late(1, 100));
  EXPECT_FALSE(delivered.maybe_late(1, 101));
  EXPECT_FALSE(delivered.maybe_late(2, 50)) << "nothing is forgotten yet";
}

TEST(DeliveredMemory, WhatItForgetsRaisesTheHorizon) {
  Delivered delivered(2);
  for (std::uint64_t i = 1; i <= 4; ++i) delivered.add(i, static_cast<std::int64_t>(i) * 100);
  EXPECT_TRUE(delivered.maybe_late(1, 150)) << "200 was forgotten";
  EXPECT_TRUE(delivered.maybe_late(9, 200));
  EXPECT_FALSE(delivered.maybe_late(9, 201));
  EXPECT_TRUE(delivered.maybe_late(4, 399));
}

TEST(WaitingMemory, DelayedInteractionsComeWhenDue) {
  Waiting waiting;
  waiting.restore({{.seq = 1, .interaction = 10, .item = 1, .due_mono_us = 500}});
  waiting.add({.seq = 2, .interaction = 20});
  EXPECT_EQ(waiting.take(9, 100).size(), 1U);
  EXPECT_EQ(waiting.next_due_us(), 500);
  EXPECT_FALSE(waiting.any_ready(499));
  EXPECT_EQ(waiting.take(9, 500).front().front().seq, 1);
}

TEST(WaitingMemory, TheDelayIsThatOfTheItemThatGoesNext) {
  const Entry first{.seq = 1, .interaction = 10, .event_time_us = 1, .item = 1, .due_mono_us = 500};
  const Entry second{
      .seq = 2, .interaction = 10, .event_time_us = 2, .item = 2, .due_mono_us = 700};
  for (const auto& order : {std::vector{first, second}, std::vector{second, first}}) {
    Waiting waiting;
    waiting.restore(order);
    waiting.add({.seq = 3, .interaction = 10, .event_time_us = 0});
    EXPECT_EQ(waiting.next_due_us(), 500);
    EXPECT_TRUE(waiting.take(9, 499).empty());
    EXPECT_EQ(waiting.take(9, 500).front().front().seq, 1);
    waiting.finish(10);
    EXPECT_EQ(waiting.next_due_us(), 700) << "its own, although another could go";
    EXPECT_EQ(waiting.take(9, 700).front().front().seq, 2);
    waiting.finish(10);
    EXPECT_EQ(waiting.take(9, 700).front().front().seq, 3);
  }
}

TEST(WaitingMemory, WhatIsMergedWaitsForAllOfIt) {
  Waiting waiting;
  waiting.restore({{.seq = 1, .interaction = 10, .event_time_us = 2, .due_mono_us = 500}});
  waiting.add({.seq = 2, .interaction = 10, .event_time_us = 1});
  EXPECT_TRUE(waiting.take(9, 499).empty());
  EXPECT_EQ(waiting.take(9, 500).front().size(), 2U);
}

TEST(WaitingMemory, AHeldInteractionGivesNothing) {
  Waiting waiting;
  waiting.hold(10);
  waiting.add({1, 10, 1, 0, 0});
  EXPECT_TRUE(waiting.take(9, 0).empty());
  waiting.finish(10);
  EXPECT_EQ(waiting.take(9, 0).size(), 1U);
}

TEST(WaitingMemory, HalvesStayApart) {
  Waiting waiting;
  for (std::int64_t i = 0; i < 5; ++i) waiting.add({i, static_cast<std::uint64_t>(i), i, 0, 0});
  waiting.split(waiting.take(5, 0));
  waiting.add({9, 99, 9, 0, 0});
  EXPECT_EQ(waiting.take(25, 0).size(), 3U);
  EXPECT_EQ(waiting.take(25, 0).size(), 2U);
  EXPECT_EQ(waiting.take(25, 0).front().front().seq, 9);
}

TEST(WaitingMemory, AHalfIsHandedOutInPartsIfItIsTooLarge) {
  Waiting waiting;
  for (std::int64_t i = 0; i < 6; ++i) waiting.add({i, static_cast<std::uint64_t>(i), i, 0, 0});
  waiting.split(waiting.take(6, 0));
  EXPECT_TRUE(waiting.take(0, 0).empty());
  for (const std::size_t expected : {2U, 1U, 2U, 1U}) {
    EXPECT_EQ(waiting.take(2, 0).size(), expected);
  }
  EXPECT_FALSE(waiting.any_ready(0));
}

TEST(WaitingMemory, AHalfThatWasTriedKeepsItsPlaceBehindAnUntriedOne) {
  Waiting waiting;
  waiting.add({.seq = 1, .interaction = 1, .attempts = 0});
  waiting.add({.seq = 2, .interaction = 2, .attempts = 0});
  auto batch = waiting.take(2, 0);
  batch.front().front().attempts = 1;
  waiting.split(batch);
  EXPECT_EQ(waiting.take(9, 0, true).front().front().seq, 2);
  EXPECT_TRUE(waiting.take(9, 0, true).empty());
  EXPECT_TRUE(waiting.any_ready(0));
  EXPECT_EQ(waiting.take(9, 0).front().front().seq, 1);
}

}  // namespace
}  // namespace cxrelay::queue
