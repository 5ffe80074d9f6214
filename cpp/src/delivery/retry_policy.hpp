// Whether and when an update is sent again. Pure: time and randomness are arguments.
#pragma once

#include <cstdint>
#include <optional>

#include "cxrelay/queue.hpp"
#include "cxrelay/updater.hpp"
#include "delivery/classify.hpp"

namespace cxrelay::delivery {

// U(0, min(max_delay, base * 2^n)): full jitter, so that those who failed together do not come back
// together.
std::int64_t full_jitter_ms(std::int64_t base_ms, int n, std::int64_t max_delay_ms,
                            double uniform) noexcept;

// What a Retry-After comes to: never shorter than asked for, except by our cap. The jitter only
// adds.
std::int64_t obeyed_ms(std::int64_t retry_after_ms, const RetryPolicy& policy,
                       double uniform) noexcept;

struct Attempt {
  Class verdict = Class::unknown;
  bool idempotent = true;
  bool is_read_back = false;     // the target is asked before the update is sent again
  int attempts_before = 0;       // sends before this one
  std::int64_t accepted_us = 0;  // wall time
  std::int64_t now_us = 0;       // wall time
  std::int64_t earliest_us =
      0;  // wall time: the gate opens, or a lost request is late no more; 0 = now
  bool server_said_when = false;  // a Retry-After is in earliest_us: nothing of ours is added
  // The target as a whole fails, so this failure says nothing about the update: it does not die of
  // its attempts.
  bool target_down = false;
};

enum class Limit { none, attempts, age };

struct Decision {
  Outcome outcome = Outcome::completed;
  std::int64_t not_before_us = 0;  // wall time; for retry and released
  Limit limit = Limit::none;       // what made it dead, if not the answer itself
};

Decision decide(const RetryPolicy& policy, const Attempt& attempt, double uniform) noexcept;

}  // namespace cxrelay::delivery
