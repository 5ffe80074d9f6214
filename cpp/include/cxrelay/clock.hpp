// The seams for time and randomness, so that every decision that needs them can be tested exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace cxrelay {

// Wall time is for records and for stored deadlines; monotonic time is for every duration.
// Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t wall_us() const = 0;  // microseconds since 1970-01-01T00:00:00Z
  virtual std::int64_t mono_us()
      const = 0;  // microseconds since an arbitrary start, never goes back
};

// Implementations are thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;  // cryptographically strong in the default one
  virtual double uniform() = 0;                     // in [0, 1)
};

std::shared_ptr<Clock> system_clock();
std::shared_ptr<Random> system_random();

}  // namespace cxrelay
