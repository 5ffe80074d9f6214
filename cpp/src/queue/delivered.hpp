// Which interactions have been written with what event time: the memory that tells a late event from an ordinary
// one. Keeps the newest `capacity` interactions; of what it forgot it remembers the newest time (the horizon).
// May call an event late that is not; never the other way round. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cxrelay::queue {

class Delivered {
 public:
  explicit Delivered(std::size_t capacity) : capacity_(capacity) {}

  void add(std::uint64_t interaction, std::int64_t event_time_us);
  // Everything at or before this time may have been delivered already.
  void raise_horizon(std::int64_t event_time_us);
  // Whether a newer or equal event of the interaction may have been delivered.
  bool maybe_late(std::uint64_t interaction, std::int64_t event_time_us) const;
  void clear();

 private:
  using Item = std::pair<std::int64_t, std::uint64_t>;  // event time, interaction

  std::size_t capacity_;
  std::int64_t horizon_us_ = std::numeric_limits<std::int64_t>::min();
  std::unordered_map<std::uint64_t, std::int64_t> newest_;
  // Oldest first; entries whose time is no longer the newest of their interaction are skipped when they come up.
  std::priority_queue<Item, std::vector<Item>, std::greater<>> oldest_;
};

}  // namespace cxrelay::queue
