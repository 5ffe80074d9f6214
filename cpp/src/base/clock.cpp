#include "cxrelay/clock.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <random>

#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t wall_us() const override { return micros(std::chrono::system_clock::now()); }
  std::int64_t mono_us() const override { return micros(std::chrono::steady_clock::now()); }

 private:
  template <typename Point>
  static std::int64_t micros(Point now) {
    return std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  }
};

// Takes strong random bytes from the kernel in blocks: a call for 16 bytes costs as much as one for 4 KiB.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override {
    const std::lock_guard lock(mutex_);
    for (std::byte& b : out) {
      if (used_ == pool_.size()) refill();
      b = pool_[used_++];
    }
  }

  double uniform() override {
    const std::lock_guard lock(mutex_);
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine_);
  }

 private:
  void refill() {
    std::size_t filled = 0;
    while (filled < pool_.size()) {
      const ssize_t n = ::getrandom(pool_.data() + filled, pool_.size() - filled, 0);
      if (n < 0 && errno != EINTR) throw Error("the operating system gives no random bytes");
      if (n > 0) filled += static_cast<std::size_t>(n);
    }
    used_ = 0;
  }

  std::mutex mutex_;
  std::array<std::byte, 4096> pool_{};
  std::size_t used_ = 4096;
  std::mt19937_64 engine_{std::random_device{}()};
};

}  // namespace

std::shared_ptr<Clock> system_clock() {
  static const auto clock = std::make_shared<SystemClock>();
  return clock;
}

std::shared_ptr<Random> system_random() {
  static const auto random = std::make_shared<SystemRandom>();
  return random;
}

}  // namespace cxrelay
