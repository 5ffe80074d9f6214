// When a relay looks again for records that are old. Pure.
#pragma once

#include <cstdint>

#include "cxrelay/queue.hpp"

namespace cxrelay {

class RetentionPace {
 public:
  static constexpr std::int64_t kIntervalUs = 60'000'000;

  bool is_due(std::int64_t mono_us) const noexcept { return mono_us >= next_us_; }
  // What was not finished goes on at the next occasion.
  void ended(RetentionEnd end, std::int64_t mono_us) noexcept {
    next_us_ = end == RetentionEnd::limit ? mono_us : mono_us + kIntervalUs;
  }

 private:
  std::int64_t next_us_ = 0;
};

}  // namespace cxrelay
