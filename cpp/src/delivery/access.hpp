// Whether the target may be asked now: its gate and its view of our token. Thread-safe; time is an
// argument.
#pragma once

#include <cstdint>
#include <mutex>

#include "cxrelay/updater.hpp"
#include "delivery/gate.hpp"
#include "delivery/job.hpp"
#include "delivery/judge.hpp"
#include "delivery/token_watch.hpp"

namespace cxrelay::delivery {

class Access {
 public:
  explicit Access(const RetryPolicy& policy) : policy_(policy) {}

  // What an answer changed for everybody.
  struct Consequence {
    bool gate_closed = false;        // by this answer, until gate_opens_us
    std::int64_t gate_opens_us = 0;  // monotonic
    bool first_failure = false;      // the gate was open and in good order before
    bool recovered = false;          // the first good answer after failures
    bool reject_token = false;
    bool stop = false;  // the client is refused: nothing more is to be sent
  };
  Consequence on_answer(const Judgement& judgement, const Job& job, int status,
                        std::int64_t now_mono_us, double uniform);
  // No token can be had: nothing can be sent, as if the target itself were unreachable.
  Consequence on_no_token(std::int64_t now_mono_us, double uniform);

  bool is_open(std::int64_t now_mono_us) const;
  std::int64_t opens_us() const;
  // The gate is open, and the job's token is not known to be refused.
  bool allows(const Job& job, std::int64_t now_mono_us) const;
  std::uint64_t next_term() const;

 private:
  Consequence close(std::int64_t started_us, std::int64_t now_mono_us, const Judgement& judgement,
                    double uniform);

  const RetryPolicy policy_;
  mutable std::mutex mutex_;  // guards all below
  Gate gate_;
  TokenWatch token_watch_;
};

}  // namespace cxrelay::delivery
