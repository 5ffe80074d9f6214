// Which events are surely new: a memory of what was stored lately, so that a put need not look each event up in the file.
// Of an event it keeps a few bits of its identity's hash (a Bloom filter): it may take a new event for a stored one, in
// about one of two hundred cases, never the other way round. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace cxrelay::queue {

class RecentEvents {
 public:
  // Remembers the last `capacity` events at least and twice as many at most, in 8 * capacity bytes. A power of two.
  explicit RecentEvents(std::size_t capacity);

  // Forgets all; every stored event has a time up to this one.
  void restart(std::int64_t newest_us);
  // It is stored now.
  void add(std::int64_t event_time_us, std::string_view interaction_id);
  // Whether an event of this time and interaction may be stored.
  bool maybe_stored(std::int64_t event_time_us, std::string_view interaction_id) const;

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

  // The filter of up to `capacity` events.
  struct Generation {
    std::vector<bool> bits;
    std::size_t events = 0;
    std::int64_t newest_us = kNever;

    void clear();
  };

  std::size_t capacity_;
  // Events up to this time may be stored without being in a filter.
  std::int64_t horizon_us_ = kNever;
  Generation current_;
  Generation previous_;
};

}  // namespace cxrelay::queue
