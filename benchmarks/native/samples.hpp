// Durations, and the percentiles of many.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

using SteadyClock = std::chrono::steady_clock;

inline double seconds(SteadyClock::duration span) {
  return std::chrono::duration<double>(span).count();
}

inline double milliseconds(SteadyClock::duration span) { return seconds(span) * 1e3; }

class Samples {
 public:
  void reserve(std::size_t count) { values_ms_.reserve(count); }
  void add(double value_ms) { values_ms_.push_back(value_ms); }
  void add_all(const Samples& other) {
    values_ms_.insert(values_ms_.end(), other.values_ms_.begin(), other.values_ms_.end());
  }
  std::size_t size() const { return values_ms_.size(); }

  // The value below which `share` of all lie; 0 of nothing. Reorders the samples.
  double percentile(double share) {
    if (values_ms_.empty()) return 0.0;
    const auto last = values_ms_.size() - 1;
    const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(last));
    std::nth_element(values_ms_.begin(), values_ms_.begin() + place, values_ms_.end());
    return values_ms_[static_cast<std::size_t>(place)];
  }

 private:
  std::vector<double> values_ms_;
};

}  // namespace bench
