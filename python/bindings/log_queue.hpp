// Log lines on their way from native threads to a Python thread: native code never calls Python.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "cxrelay/updater.hpp"

namespace cxrelay::bindings {

// Thread-safe. Bounded: when nobody takes the lines, the oldest go.
class LogQueue {
 public:
  void push(LogLine line) {
    {
      const std::lock_guard lock(mutex_);
      if (lines_.size() == kCapacity) lines_.pop_front();
      lines_.push_back(std::move(line));
    }
    filled_.notify_one();
  }

  // No more lines will come.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
  }

  // What there is; waits up to `timeout` for the first line. None = closed, and all lines were taken.
  std::optional<std::vector<LogLine>> take(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, timeout, [this] { return closed_ || !lines_.empty(); });
    if (closed_ && lines_.empty()) return std::nullopt;
    std::vector<LogLine> out(std::move_iterator(lines_.begin()), std::move_iterator(lines_.end()));
    lines_.clear();
    return out;
  }

 private:
  static constexpr std::size_t kCapacity = 10'000;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<LogLine> lines_;  // guarded by mutex_
  bool closed_ = false;        // guarded by mutex_
};

}  // namespace cxrelay::bindings
