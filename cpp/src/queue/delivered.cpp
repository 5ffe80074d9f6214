#include "queue/delivered.hpp"

#include <algorithm>

namespace cxrelay::queue {

void Delivered::add(std::uint64_t interaction, std::int64_t event_time_us) {
  if (event_time_us <= horizon_us_) return;
  const auto [it, is_new] = newest_.try_emplace(interaction, event_time_us);
  if (!is_new && it->second >= event_time_us) return;
  it->second = event_time_us;
  oldest_.emplace(event_time_us, interaction);
  while (oldest_.size() > capacity_) {
    const auto [time, forgotten] = oldest_.top();
    oldest_.pop();
    const auto known = newest_.find(forgotten);
    if (known != newest_.end() && known->second == time) {
      newest_.erase(known);
      raise_horizon(time);
    }
  }
}

void Delivered::raise_horizon(std::int64_t event_time_us) {
  horizon_us_ = std::max(horizon_us_, event_time_us);
}

bool Delivered::maybe_late(std::uint64_t interaction, std::int64_t event_time_us) const {
  if (event_time_us <= horizon_us_) return true;
  const auto known = newest_.find(interaction);
  return known != newest_.end() && known->second >= event_time_us;
}

void Delivered::clear() {
  newest_.clear();
  oldest_ = {};
  horizon_us_ = std::numeric_limits<std::int64_t>::min();
}

}  // namespace cxrelay::queue
