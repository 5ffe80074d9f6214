// Counts what was settled. Thread-safe.
#pragma once

#include <mutex>

#include "cxrelay/queue.hpp"
#include "cxrelay/updater.hpp"

namespace cxrelay::delivery {

class Tally {
 public:
  // To be called when the settlement is on disk.
  void add(const Settlement& settlement);
  UpdaterStats stats() const;

 private:
  void count(Outcome outcome);

  mutable std::mutex mutex_;  // guards stats_
  UpdaterStats stats_;
};

}  // namespace cxrelay::delivery
