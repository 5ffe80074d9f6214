#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>

#include "cxrelay/clock.hpp"

namespace cxrelay {
namespace {

TEST(SystemClockTest, WallTimeIsAfterThisTestWasWritten) {
  EXPECT_GT(system_clock()->wall_us(), 1'700'000'000'000'000);
  EXPECT_EQ(system_clock(), system_clock());
}

TEST(SystemClockTest, MonotonicTimeNeverGoesBack) {
  std::int64_t last = system_clock()->mono_us();
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = system_clock()->mono_us();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SystemRandomTest, FillsAnySizeAndDoesNotRepeat) {
  std::set<std::array<std::byte, 16>> seen;
  for (int i = 0; i < 2000; ++i) {
    std::array<std::byte, 16> salt{};
    system_random()->fill(salt);
    EXPECT_TRUE(seen.insert(salt).second);
  }
  std::array<std::byte, 10'000> large{};
  system_random()->fill(large);
  std::set<std::byte> values(large.begin(), large.end());
  EXPECT_EQ(values.size(), 256U);
  system_random()->fill({});
}

TEST(SystemRandomTest, UniformStaysInItsRange) {
  for (int i = 0; i < 1000; ++i) {
    const double value = system_random()->uniform();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
  }
}

TEST(SystemRandomTest, ThreadsShareIt) {
  std::array<std::thread, 4> threads;
  for (auto& thread : threads) {
    thread = std::thread([] {
      std::array<std::byte, 64> bytes{};
      for (int i = 0; i < 1000; ++i) system_random()->fill(bytes);
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace cxrelay
