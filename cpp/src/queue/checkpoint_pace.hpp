// When the log is copied back. Pure.
#pragma once

#include <cstddef>

namespace cxrelay::queue {

// A small log is overwritten in place and stays in cache; copying it back costs two syncs.
inline constexpr int kCheckpointPages = 1000;
// A long transaction (in rows) has them done beside itself, in small pieces, before it commits. So the log never gets to
// its end meanwhile and grows, until a copy after a commit lets it start again.
inline constexpr std::size_t kLongTransaction = 256;
inline constexpr int kBesidePages = 100;
inline constexpr int kRestartPages = 3000;

// A reader can keep the log from being copied, or from starting again after that. Then it is tried anew only when as much
// has come in addition, since each try looks at every frame of the log.
class CheckpointPace {
 public:
  // `log_pages`: in the log before a long transaction. True: copy beside it, and it counts as done.
  bool is_due_beside(int log_pages) noexcept {
    if (log_pages < copied_at_pages_) copied_at_pages_ = 0;  // the log has started again
    if (log_pages >= 2 * kRestartPages || log_pages - copied_at_pages_ < kBesidePages) return false;
    copied_at_pages_ = log_pages;
    return true;
  }

  // `log_pages`: in the log after a commit. True: now, and it counts as tried.
  bool is_due(int log_pages, bool was_long) noexcept {
    if (log_pages < tried_at_pages_) tried_at_pages_ = 0;
    if (log_pages - tried_at_pages_ < (was_long ? kRestartPages : kCheckpointPages)) return false;
    tried_at_pages_ = log_pages;
    return true;
  }

 private:
  int copied_at_pages_ = 0;
  int tried_at_pages_ = 0;
};

}  // namespace cxrelay::queue
