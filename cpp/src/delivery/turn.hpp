// Waiting with a limit: how long a caller is willing to, and in which order callers get their turn.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cxrelay::delivery {

// A time limit that starts now; negative = none.
class TimeLimit {
 public:
  explicit TimeLimit(std::int64_t ms)
      : none_(ms < 0), end_(std::chrono::steady_clock::now() + cut(ms)) {}
  std::chrono::milliseconds left() const {
    if (none_) return std::chrono::milliseconds(-1);
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(0));
  }
  std::chrono::steady_clock::time_point end() const {
    return none_ ? std::chrono::steady_clock::time_point::max() : end_;
  }

 private:
  // A year is as good as any longer time, and its sum with now does not overflow.
  static std::chrono::milliseconds cut(std::int64_t ms) {
    return std::clamp(std::chrono::milliseconds(ms), std::chrono::milliseconds(0),
                      std::chrono::milliseconds(std::chrono::years(1)));
  }

  bool none_;
  std::chrono::steady_clock::time_point end_;
};

// One flush at a time. Not a std::timed_mutex: the thread sanitizer of gcc 12 misreads that one.
class Turn {
 public:
  class Holder {
   public:
    explicit Holder(Turn& turn) : turn_(turn) {}
    ~Holder() { turn_.give_back(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

   private:
    Turn& turn_;
  };

  // True if the turn was taken within the limit; then a Holder must give it back.
  bool take(const TimeLimit& limit) {
    std::unique_lock lock(mutex_);
    const auto is_free = [this] { return !taken_; };
    if (limit.left() < std::chrono::milliseconds(0)) {
      free_.wait(lock, is_free);
    } else if (!free_.wait_for(lock, limit.left(), is_free)) {
      return false;
    }
    taken_ = true;
    return true;
  }

 private:
  void give_back() {
    {
      const std::lock_guard lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
};

}  // namespace cxrelay::delivery
