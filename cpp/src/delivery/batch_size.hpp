// How many updates a request carries: fewer after a refusal, more again with each success. Not
// thread-safe, no I/O.
//
// A body that is too large (413) halves it. The size that was refused is remembered and tried again
// only after many successes just below it, so that a server with a lower limit than ours does not
// refuse every other request. A 429 takes a quarter off: a limit that counts updates is met with
// smaller requests too; one that counts requests is the pacer's business.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cxrelay::delivery {

class BatchSize {
 public:
  explicit BatchSize(std::size_t most) noexcept : most_(most), size_(most), refused_(most + 1) {}

  std::size_t size() const noexcept { return size_; }

  // A request of `updates` that was started at `started_us` was taken.
  void on_success(std::size_t updates) noexcept {
    if (size_ == most_ || updates < size_) return;
    if (size_ + 1 < refused_) {
      ++size_;
    } else if (++successes_ >= patience_) {
      size_ = refused_;
      refused_ = most_ + 1;
      successes_ = 0;
    }
  }

  // 413. Requests that were on the wire together are refused together: they count once.
  void on_too_large(std::size_t updates, std::int64_t started_us, std::int64_t now_us) noexcept {
    if (updates < 2) return;
    // Its limit is where it was: the next try comes later.
    if (updates == last_refused_) patience_ = std::min(patience_ * 2, kMostPatience);
    refused_ = std::min(refused_, updates);
    last_refused_ = updates;
    shrink(std::max<std::size_t>(updates / 2, 1), started_us, now_us);
  }

  void on_throttled(std::size_t updates, std::int64_t started_us, std::int64_t now_us) noexcept {
    if (updates < 2) return;
    shrink(std::max<std::size_t>(size_ - (size_ + 3) / 4, 1), started_us, now_us);
  }

 private:
  static constexpr int kPatience = 64;
  static constexpr int kMostPatience = 4096;

  void shrink(std::size_t size, std::int64_t started_us, std::int64_t now_us) noexcept {
    if (started_us <= shrunk_us_) return;
    size_ = std::min(size_, size);
    shrunk_us_ = now_us;
    successes_ = 0;
  }

  std::size_t most_;
  std::size_t size_;
  std::size_t refused_;  // the smallest size known to be too large; most_ + 1 = none
  std::size_t last_refused_ = 0;
  int successes_ = 0;  // in a row, just below the refused size
  int patience_ = kPatience;
  std::int64_t shrunk_us_ = INT64_MIN;
};

}  // namespace cxrelay::delivery
