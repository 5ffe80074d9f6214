// How many requests were accepted in the last second. Not thread-safe; time is an argument.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cxrelay::delivery {

class RateMeter {
 public:
  void count(std::int64_t now_us) noexcept {
    advance(now_us);
    ++counts_[static_cast<std::size_t>(slot_ % kSlots)];
  }

  double per_s(std::int64_t now_us) noexcept {
    advance(now_us);
    int sum = 0;
    for (const int count : counts_) sum += count;
    return sum;
  }

 private:
  static constexpr std::int64_t kSlots = 8;
  static constexpr std::int64_t kSlotUs = 1'000'000 / kSlots;

  void advance(std::int64_t now_us) noexcept {
    const std::int64_t now = now_us / kSlotUs;
    if (now == slot_) return;
    for (std::int64_t slot = now - slot_ > kSlots ? now - kSlots + 1 : slot_ + 1; slot <= now;
         ++slot)
      counts_[static_cast<std::size_t>(slot % kSlots)] = 0;
    slot_ = now;
  }

  std::array<int, kSlots> counts_{};
  std::int64_t slot_ = 0;
};

}  // namespace cxrelay::delivery
