// How many reject records may be written: a token bucket, so that a flood of bad input cannot fill the disk.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cxrelay::queue {

class RejectLimit {
 public:
  explicit RejectLimit(std::size_t per_minute)
      : capacity_(static_cast<double>(per_minute)), tokens_(capacity_) {}

  // Whether one more may be written at this monotonic time.
  bool take(std::int64_t now_mono_us) {
    const double elapsed_minutes = static_cast<double>(now_mono_us - last_us_) / 60e6;
    if (last_us_ != 0) tokens_ = std::min(capacity_, tokens_ + elapsed_minutes * capacity_);
    last_us_ = now_mono_us;
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

 private:
  double capacity_;
  double tokens_;
  std::int64_t last_us_ = 0;
};

}  // namespace cxrelay::queue
