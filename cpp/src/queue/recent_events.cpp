#include "queue/recent_events.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace cxrelay::queue {
namespace {

constexpr std::size_t kBitsPerEvent = 32;

using Places = std::array<std::size_t, 2>;

// The bits of an identity in a filter of `size` bits, a power of two.
Places places_of(std::int64_t event_time_us, std::string_view interaction_id, std::size_t size) {
  // Multiplied by an odd constant, times that differ in their low bits only differ in the high ones too.
  std::uint64_t hash = std::hash<std::string_view>{}(interaction_id) ^
                       static_cast<std::uint64_t>(event_time_us) * 0x9E3779B97F4A7C15ULL;
  hash ^= hash >> 29;
  return {hash & (size - 1), hash >> 32 & (size - 1)};
}

bool has_all(const std::vector<bool>& bits, const Places& places) {
  return std::ranges::all_of(places, [&](std::size_t place) { return bits[place]; });
}

}  // namespace

void RecentEvents::Generation::clear() {
  if (events > 0) bits.assign(bits.size(), false);
  events = 0;
  newest_us = kNever;
}

RecentEvents::RecentEvents(std::size_t capacity) : capacity_(capacity) {
  current_.bits.resize(capacity * kBitsPerEvent);
  previous_.bits.resize(capacity * kBitsPerEvent);
}

void RecentEvents::restart(std::int64_t newest_us) {
  current_.clear();
  previous_.clear();
  horizon_us_ = newest_us;
}

void RecentEvents::add(std::int64_t event_time_us, std::string_view interaction_id) {
  if (event_time_us <= horizon_us_) return;
  if (current_.events == capacity_) {
    horizon_us_ = std::max(horizon_us_, previous_.newest_us);
    std::swap(current_, previous_);
    current_.clear();
  }
  for (const std::size_t place : places_of(event_time_us, interaction_id, current_.bits.size())) {
    current_.bits[place] = true;
  }
  current_.events += 1;
  current_.newest_us = std::max(current_.newest_us, event_time_us);
}

bool RecentEvents::maybe_stored(std::int64_t event_time_us, std::string_view interaction_id) const {
  if (event_time_us <= horizon_us_) return true;
  const Places places = places_of(event_time_us, interaction_id, current_.bits.size());
  return has_all(current_.bits, places) || has_all(previous_.bits, places);
}

}  // namespace cxrelay::queue
