// Randomness that a test can foresee.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "cxrelay/clock.hpp"

namespace cxrelay::testing {

// fill() gives the bytes 1, 2, 3, ... over all calls; uniform() always gives the value last set.
class FakeRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override {
    std::ranges::generate(out, [this] { return static_cast<std::byte>(++count_ & 0xff); });
  }
  double uniform() override { return uniform_; }
  void set_uniform(double value) { uniform_ = value; }

 private:
  std::atomic<std::uint64_t> count_{0};
  std::atomic<double> uniform_{0.5};
};

}  // namespace cxrelay::testing
