// Whether the target may be asked now, how often and with how much: its gate, its breaker, the pace,
// the retry budget, the size of a batch, and its view of our token. One object that everything in
// flight obeys. Thread-safe; time is an argument. Asked once per request, never per update.
#pragma once

#include <cstdint>
#include <mutex>

#include "cxrelay/updater.hpp"
#include "delivery/batch_size.hpp"
#include "delivery/breaker.hpp"
#include "delivery/gate.hpp"
#include "delivery/job.hpp"
#include "delivery/judge.hpp"
#include "delivery/pacer.hpp"
#include "delivery/retry_budget.hpp"
#include "delivery/token_watch.hpp"

namespace cxrelay::delivery {

class Access {
 public:
  Access(const UpdaterOptions& options, std::size_t max_updates);

  // ---- claiming
  struct Quota {
    std::size_t requests = SIZE_MAX;  // may be claimed now
    std::size_t updates = SIZE_MAX;   // in one
    std::size_t retries = SIZE_MAX;   // of the requests: may carry updates that were sent before
  };
  // `ready`: requests that are claimed and not started.
  Quota quota(std::size_t ready, std::int64_t now_mono_us);
  bool is_open(std::int64_t now_mono_us);
  // When the gate opens, or the breaker lets probes through.
  std::int64_t opens_us() const;
  // When the quota may have grown although nothing was answered; INT64_MAX = it will not.
  std::int64_t more_us(std::int64_t now_mono_us) const;
  std::uint64_t next_term() const;

  // ---- starting
  // Which of the requests that are ready may start, and which must go back unsent.
  struct Permit {
    std::size_t starts = 0;
    std::size_t stays = 0;    // those beyond go back
    std::size_t retries = 0;  // those with retries beyond go back
    std::uint64_t refused_term = 0;
    // To be asked once for each, in their order. False: it goes back.
    bool keeps(const Job& job) noexcept;
  };
  Permit permit(std::size_t wanted, std::int64_t now_mono_us);
  // These start now.
  void on_start(const Jobs& jobs, std::int64_t now_mono_us);
  // When the pace allows the next start; INT64_MIN = there is none.
  std::int64_t next_start_us() const;

  // ---- learning
  // What an answer changed for everybody.
  struct Consequence {
    bool gate_closed = false;        // by this answer, until gate_opens_us
    std::int64_t gate_opens_us = 0;  // monotonic
    bool first_failure = false;      // the gate was open and in good order before
    bool recovered = false;          // the first good answer after failures
    bool breaker_opened = false;     // and was closed before
    bool breaker_closed = false;
    bool target_down = false;  // the breaker is not closed, or was not when the request started
    bool reject_token = false;
    bool stop = false;  // the client is refused: nothing more is to be sent
  };
  Consequence on_answer(const Judgement& judgement, const Job& job, int status,
                        std::int64_t now_mono_us, double uniform);
  // A look (read_back.hpp) was answered. It says nothing about how much the target takes.
  Consequence on_read(const Judgement& judgement, const Job& job, int status,
                      std::int64_t now_mono_us, double uniform);
  // Nobody waits for the answer any more.
  void on_cancelled(const Job& job);
  // No token can be had: nothing can be sent, as if the target itself were unreachable.
  Consequence on_no_token(std::int64_t now_mono_us, double uniform);

  // ---- the gate's time, which outlives the process
  std::int64_t gate_opens_us() const;
  void close_gate_until(std::int64_t opens_mono_us);

  TargetState state(std::int64_t now_mono_us);

 private:
  void learn_health(Class envelope, const Job& job, std::int64_t now_mono_us, double uniform,
                    Consequence& consequence);
  void learn_load(const Judgement& judgement, const Job& job, int status, std::int64_t now_mono_us);
  void learn_access(const Judgement& judgement, const Job& job, int status,
                    std::int64_t now_mono_us, double uniform, Consequence& consequence);
  void close(std::int64_t started_us, std::int64_t now_mono_us, const Judgement& judgement,
             double uniform, Consequence& consequence);
  void learn_token(const Job& job, int status, Consequence& consequence);

  const RetryPolicy policy_;
  mutable std::mutex mutex_;  // guards all below
  Gate gate_;
  Breaker breaker_;
  Pacer pacer_;
  RetryBudget budget_;
  BatchSize batch_;
  TokenWatch token_watch_;
};

}  // namespace cxrelay::delivery
