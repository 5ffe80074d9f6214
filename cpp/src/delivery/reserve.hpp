// How many requests are held ready beyond those on the wire, so that a free slot is filled at once
// and the network never waits for the disk. Not thread-safe, no I/O.
//
// Each request held costs: if the process dies, it has started and not finished, and counts as
// UNKNOWN. So the reserve is only as large as one transaction needs: what became free during the
// last ones, and half as much again. It begins with all that may be in flight: the first requests
// start together, so their answers come together.
#pragma once

#include <algorithm>
#include <cstddef>

namespace cxrelay::delivery {

class Reserve {
 public:
  explicit Reserve(std::size_t max_in_flight) noexcept
      : least_(std::max<std::size_t>(2, max_in_flight / 4)),
        most_(std::max<std::size_t>(4, max_in_flight * 2)),
        size_(std::max(least_, max_in_flight)) {}

  std::size_t size() const noexcept { return size_; }

  // `finished` requests were settled by one transaction. Grows at once, shrinks slowly.
  void on_group(std::size_t finished) noexcept {
    const std::size_t wanted = finished + (finished + 1) / 2;
    size_ = std::clamp(std::max(wanted, size_ - size_ / 8), least_, most_);
  }

 private:
  std::size_t least_;
  std::size_t most_;
  std::size_t size_;
};

}  // namespace cxrelay::delivery
