// One target's gate: nothing is sent to it before the gate opens (P7). Not thread-safe; time is an
// argument.
//
// A pause that the server asked for and the back-off from an unreachable host are one thing to the
// sender: no sending before T. What decides how much may be sent while the gate is open (a retry
// budget, a breaker, a rate) belongs beside it, asked in the same place: Access::is_open and
// Access::allows.
#pragma once

#include <algorithm>
#include <cstdint>

namespace cxrelay::delivery {

class Gate {
 public:
  bool is_open(std::int64_t now_mono_us) const noexcept { return now_mono_us >= opens_us_; }
  std::int64_t opens_us() const noexcept { return opens_us_; }

  // A failure of a request that was started at `started_us`. Returns how many failures in a row
  // came before this one. Requests that were on the wire together fail together: they count once.
  int count_failure(std::int64_t started_us, std::int64_t now_mono_us) noexcept {
    if (started_us > counted_us_) {
      ++failures_;
      counted_us_ = now_mono_us;
    }
    return std::max(failures_ - 1, 0);
  }

  // The target took a request that was started at `started_us`. An answer to one that was started
  // before the last failure tells nothing new. True if this ends a row of failures.
  bool count_success(std::int64_t started_us) noexcept {
    if (failures_ == 0 || started_us <= counted_us_) return false;
    failures_ = 0;
    return true;
  }

  // Never shortens a pause.
  void close_until(std::int64_t opens_mono_us) noexcept {
    opens_us_ = std::max(opens_us_, opens_mono_us);
  }

  int failures() const noexcept { return failures_; }

 private:
  std::int64_t opens_us_ = INT64_MIN;
  std::int64_t counted_us_ = INT64_MIN;
  int failures_ = 0;
};

}  // namespace cxrelay::delivery
