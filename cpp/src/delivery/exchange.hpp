// What the two threads of a run and its callers share: requests to send, settlements to record, and
// how the run ends. Thread-safe. No time and no I/O of its own, except to wake the sender's
// transport.
//
//   feeder ── offer ──► ready ── take_ready ──► sender ──► wire
//   feeder ◄── take_finished ── finished ◄── finish ──┘
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "cxrelay/http.hpp"
#include "cxrelay/queue.hpp"
#include "cxrelay/updater.hpp"
#include "delivery/job.hpp"

namespace cxrelay::delivery {

class Exchange {
 public:
  using SteadyClock = std::chrono::steady_clock;
  using Microseconds = std::chrono::microseconds;

  // `background`: go on when nothing waits any more, and stand by while another process delivers.
  Exchange(HttpTransport& transport, bool background)
      : transport_(transport), background_(background) {}

  // ---- the feeder
  // Returns when something finished, when there is news (a put, a question, the end), or after
  // `at_most`: false then.
  bool wait(Microseconds at_most);
  // Returns after `time`, or when the run is told to end: a put does not cut it short.
  void pause(Microseconds time);
  void offer(Jobs jobs);
  std::vector<Settlement> take_finished();
  // Claims that are not settled yet: ready, on the wire or finished.
  std::size_t held() const;
  // Nothing waits and nothing is held: tells the callers, and ends a run that is not in the
  // background. Does nothing if there is news that has not been looked at.
  void rest();
  void set_standby(bool standby);
  bool sender_gone() const;
  // The feeder's last word: the queue is given up.
  void set_over();

  // ---- the sender
  // Up to `room` requests. `keeps` is asked for each that is ready, in order; those that it refuses,
  // and all of them at the end, go back unsent.
  Jobs take_ready(std::size_t room, const std::function<bool(const Job&)>& keeps);
  // Its looks are not over, or found that it may be sent: it is ready again, before all others.
  void take_back(std::unique_ptr<Job> job);
  void finish(std::vector<Settlement> settlements);
  void set_sender_gone();

  // ---- both
  // Requests that are offered and not taken.
  std::size_t ready() const;

  // ---- anybody
  void poke();  // there may be something to claim
  // No new claims; what is on the wire is waited for until `deadline`. The first reason stays.
  void end(StopReason reason, SteadyClock::time_point deadline = SteadyClock::time_point::max());
  // At once: nothing is waited for and nothing settled.
  void abandon(StopReason reason);
  bool ending() const;
  bool abandoned() const;
  SteadyClock::time_point deadline() const;

  // ---- callers
  bool background() const;
  // False if the run is ending: a new one is needed.
  bool go_to_background();
  // Has the feeder look for work anew. False if the run was ending before: then it will not look.
  bool ask();
  // Waits until there is nothing left to do: idle, not_elected, or what ended the run. `at_most`
  // negative = no limit; then timeout.
  StopReason wait_for_rest(std::chrono::milliseconds at_most);
  bool over() const;
  StopReason reason() const;

 private:
  StopReason rest_reason() const;

  HttpTransport& transport_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable feeder_wakes_;
  std::condition_variable caller_wakes_;
  std::deque<std::unique_ptr<Job>> ready_;
  std::vector<Settlement> finished_;
  std::size_t held_ = 0;
  bool background_;
  bool news_ = false;
  bool idle_ = false;
  bool standby_ = false;
  bool sender_gone_ = false;
  bool over_ = false;
  bool abandoned_ = false;
  StopReason reason_ = StopReason::none;  // none = not ending
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
};

}  // namespace cxrelay::delivery
