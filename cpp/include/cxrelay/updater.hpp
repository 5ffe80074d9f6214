// Updater: the delivery engine. Claims updates, sends them, settles them (DESIGN section 9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/auth.hpp"
#include "cxrelay/clock.hpp"
#include "cxrelay/http.hpp"
#include "cxrelay/queue.hpp"
#include "cxrelay/target.hpp"

namespace cxrelay {

// When to send again. Defaults are DESIGN's.
struct RetryPolicy {
  std::int64_t base_ms = 250;  // first backoff for transient trouble. Defaults to 250 ms.
  std::int64_t throttled_base_ms = 1000;  // and after a 429 without Retry-After. Defaults to 1 s.
  std::int64_t max_delay_ms = 300'000;    // Defaults to 300 s.
  std::int64_t max_retry_after_ms =
      3'600'000;                               // cap on what a server may ask for. Defaults to 1 h.
  int max_attempts = 12;                       // sends of one update. Defaults to 12.
  std::int64_t max_age_ms = 72LL * 3'600'000;  // since acceptance. Defaults to 72 h.
  // The retry budget: a bucket of tokens that requests with retries draw on. An empty one delays
  // retries, and nothing else.
  int budget_tokens = 500;  // size of the bucket; 0 = no budget. Defaults to 500.
  int retry_cost = 5;       // tokens a request with retries takes. Defaults to 5.
};

// When a target that fails is left alone (docs/delivery.md).
struct BreakerPolicy {
  int failures = 10;                  // requests in a row; 0 = no breaker. Defaults to 10.
  std::int64_t wait_ms = 1000;        // before the first probe, doubled each time. Defaults to 1 s.
  std::int64_t max_wait_ms = 60'000;  // Defaults to 60 s.
};

// How fast requests may follow each other (docs/delivery.md).
struct PacePolicy {
  double max_requests_per_s = 0;  // never faster than this; 0 = no such limit. Defaults to 0.
  bool adaptive = true;  // find the target's own limit when it answers 429 without Retry-After
};

// A line for the program's log; levels are those of Python's logging (20 info, 30 warning, 40 error).
struct LogLine {
  int level = 20;
  std::string message;  // one line, no secret, no input value
};
using LogSink = std::function<void(LogLine)>;

struct UpdaterOptions {
  RetryPolicy retry;
  BreakerPolicy breaker;
  PacePolicy pace;
  std::size_t max_in_flight = 16;  // requests on the wire at once. Defaults to 16.
  LogSink log;                     // called from the updater's threads; empty = no log
  // Taken out of what a server says before it is recorded, as the token of its request is.
  std::vector<std::string> secrets = {};
};

enum class BreakerState {
  closed,    // all is well
  open,      // the target is left alone
  half_open  // a few single updates are sent to see whether it works again
};
std::string_view to_text(BreakerState state) noexcept;

// What holds sending back at the moment.
struct TargetState {
  std::int64_t gate_closed_ms = 0;  // for so long nothing is sent; 0 = the gate is open
  BreakerState breaker = BreakerState::closed;
  int retry_tokens = 0;           // left in the retry budget
  double requests_per_s = 0;      // the pace; 0 = not limited
  std::size_t batch_updates = 0;  // updates that a request may carry now
};

struct UpdaterStats {
  std::int64_t requests = 0;   // sent and settled
  std::int64_t completed = 0;  // updates
  std::int64_t retried = 0;
  std::int64_t dead = 0;
  std::int64_t parked = 0;
  std::int64_t split = 0;     // requests that were refused whole and sent again in halves
  std::int64_t not_sent = 0;  // requests that did not reach the server; not among `requests`
  std::int64_t throttled =
      0;  // requests answered 429, or 503 with Retry-After, whole or for an item
  TargetState target;
};

enum class StopReason {
  none,         // it runs, or never ran
  idle,         // nothing waits any more
  timeout,      // of flush(): the sending goes on
  stopped,      // by stop()
  auth,         // the target or the token endpoint refuses the client; every update is kept
  fenced,       // another deliverer has taken over
  not_elected,  // another deliverer holds the queue
  failed        // trouble that waiting does not cure (a corrupt queue file, say); the log says what
};
std::string_view to_text(StopReason reason) noexcept;

// One engine with two threads of its own: a feeder that claims and settles, and waits for the disk, and a sender
// that owns the network. start() runs it until stop(); flush() runs it until nothing is left to do.
//
// Thread-safe. Not fork-safe: in a child process every method throws ClosedError.
class Updater {
 public:
  // stop(5000).
  virtual ~Updater() = default;

  // Sends until nothing waits any more that can be sent (delayed retries are waited for): idle. Ends early when the
  // target stopped (auth), another deliverer holds the queue (not_elected, fenced), stop() was called (stopped),
  // or with `timeout` after `timeout_ms` (negative = no limit).
  //
  // After `timeout` the sending goes on in the background, so that flush(100) in a loop costs no more than one long
  // flush: call it again, or stop(). After any other reason nothing runs any more and the queue is free for another
  // deliverer, unless start() had been called; then flush only waits. One flush at a time: others wait their turn.
  // Throws ConfigError if a transport cannot be made.
  virtual StopReason flush(std::int64_t timeout_ms) = 0;

  // Sends in the background until stop(). While another process delivers, it stands by and takes over.
  // Throws ConfigError if a transport cannot be made.
  virtual void start() = 0;
  // No new claims. Requests in flight are waited for up to `timeout_ms` (negative = up to their own deadlines) and
  // settled; those still without an answer then count as UNKNOWN. Claims that were not sent are released.
  virtual void stop(std::int64_t timeout_ms) = 0;
  // What ended the last run: none while one goes on.
  virtual StopReason stop_reason() const = 0;

  virtual UpdaterStats stats() const = 0;
};

// The queue and the token provider must outlive the updater. Throws ConfigError if the target cannot work.
std::unique_ptr<Updater> make_updater(Queue& queue, TokenProvider& tokens, Target target,
                                      TransportFactory transport, UpdaterOptions options = {},
                                      std::shared_ptr<Clock> clock = system_clock(),
                                      std::shared_ptr<Random> random = system_random());

}  // namespace cxrelay
