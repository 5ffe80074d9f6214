// How many requests with retries a target is asked to bear: a bucket of tokens, as in the standard
// retry mode of AWS. A retry takes its cost and gets it back when it succeeds; any other success
// puts one token back. Not thread-safe; time is an argument.
//
// An empty bucket delays retries and nothing else. It must not stop them for ever: a backlog that
// consists only of retries would have no success left to fill the bucket. So one retry a second may
// go without a token.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cxrelay::delivery {

class RetryBudget {
 public:
  static constexpr std::int64_t kTrickleUs = 1'000'000;

  // `capacity` 0 = no limit.
  RetryBudget(int capacity, int cost) noexcept
      : capacity_(capacity), cost_(std::max(cost, 1)), tokens_(capacity) {}

  // Requests with retries that may start now.
  std::size_t allowed(std::int64_t now_us) const noexcept {
    if (capacity_ == 0) return SIZE_MAX;
    if (tokens_ >= cost_) return static_cast<std::size_t>(tokens_ / cost_);
    return now_us >= trickle_us_ ? 1 : 0;
  }
  // When the next retry may start, if none may now and nothing succeeds before.
  std::int64_t trickle_us() const noexcept { return trickle_us_; }

  // A request with retries starts. Returns what it took, for on_success() or give_back().
  int take(std::int64_t now_us) noexcept {
    if (capacity_ == 0) return 0;
    trickle_us_ = now_us + kTrickleUs;
    if (tokens_ < cost_) return 0;
    tokens_ -= cost_;
    return cost_;
  }
  // The request, retry or not, was answered by a target that works.
  void on_success(int took) noexcept { give_back(took > 0 ? took : 1); }
  // Nothing was learnt from it.
  void give_back(int took) noexcept { tokens_ = std::min(tokens_ + took, capacity_); }
  // The target has proven that it works again.
  void refill() noexcept { tokens_ = capacity_; }

  int tokens() const noexcept { return tokens_; }

 private:
  int capacity_;
  int cost_;
  int tokens_;
  std::int64_t trickle_us_ = INT64_MIN;
};

}  // namespace cxrelay::delivery
