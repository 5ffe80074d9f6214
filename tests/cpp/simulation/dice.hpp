// All chance of a simulated world comes from one seed, the same on every machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "cxrelay/clock.hpp"

namespace cxrelay::simulation {

// SplitMix64. Not thread-safe, as nothing here has threads.
class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  double uniform() override { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  void fill(std::span<std::byte> out) override {
    std::ranges::generate(out, [this] { return static_cast<std::byte>(next() & 0xff); });
  }

  bool chance(double probability) { return uniform() < probability; }
  // Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  std::size_t index(std::size_t size) { return static_cast<std::size_t>(next() % size); }

 private:
  std::uint64_t state_;
};

}  // namespace cxrelay::simulation
