// When a commit copies the log back. Pure.
#pragma once

#include <cstddef>

namespace cxrelay::queue {

// A small log is overwritten in place and stays in cache; copying it back costs two syncs.
inline constexpr int kCheckpointPages = 1000;
// A transaction of so many rows writes hundreds of pages: a log of 24 MiB saves it most of these syncs.
inline constexpr std::size_t kLongTransaction = 256;
inline constexpr int kLongCheckpointPages = 6000;

// A reader can keep the log from being copied, or from starting again after that. Then it is tried anew only when as much
// has come in addition, since each try looks at every frame of the log.
class CheckpointPace {
 public:
  // `log_pages`: in the log after a commit of `rows`. True: now, and it counts as tried.
  bool is_due(int log_pages, std::size_t rows) noexcept {
    if (log_pages < tried_at_pages_) tried_at_pages_ = 0;  // the log has started again
    const int bound = rows < kLongTransaction ? kCheckpointPages : kLongCheckpointPages;
    if (log_pages - tried_at_pages_ < bound) return false;
    tried_at_pages_ = log_pages;
    return true;
  }

 private:
  int tried_at_pages_ = 0;
};

}  // namespace cxrelay::queue
