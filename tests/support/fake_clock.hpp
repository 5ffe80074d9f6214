// A clock that stands still until the test moves it.
#pragma once

#include <atomic>
#include <cstdint>

#include "cxrelay/clock.hpp"
#include "sample_times.hpp"

namespace cxrelay::testing {

class FakeClock final : public Clock {
 public:
  std::int64_t wall_us() const override { return wall_us_; }
  std::int64_t mono_us() const override { return mono_us_; }

  // Time goes by: both clocks move.
  void advance_us(std::int64_t us) {
    wall_us_ += us;
    mono_us_ += us;
  }
  void advance_ms(std::int64_t ms) { advance_us(ms * 1000); }

  // Somebody sets the machine's clock: only wall time jumps.
  void set_wall_us(std::int64_t us) { wall_us_ = us; }

 private:
  std::atomic<std::int64_t> wall_us_{kMay15Us};
  std::atomic<std::int64_t> mono_us_{5'000'000};
};

}  // namespace cxrelay::testing
