// The Updater: which run goes on, who waits for it, and what is kept from one run to the next (the
// connections, the gate, the counters).
#include "cxrelay/updater.hpp"

#include <unistd.h>

#include <mutex>
#include <utility>

#include "delivery/run.hpp"
#include "delivery/turn.hpp"

namespace cxrelay {
namespace delivery {
namespace {

constexpr std::int64_t kDestructorWaitMs = 5'000;

void require(bool condition, const char* what) {
  if (!condition) throw ConfigError(what);
}

void check_options(const UpdaterOptions& options) {
  const RetryPolicy& retry = options.retry;
  require(options.max_in_flight >= 1 && options.max_in_flight <= 1024,
          "max_in_flight must be from 1 to 1024");
  require(retry.max_attempts >= 1, "max_attempts must be at least 1");
  require(retry.base_ms >= 0 && retry.throttled_base_ms >= 0 && retry.max_delay_ms >= 0 &&
              retry.max_retry_after_ms >= 0 && retry.max_age_ms >= 0,
          "a time of the retry policy is negative");
  require(retry.budget_tokens >= 0 && retry.retry_cost >= 1,
          "budget_tokens must be at least 0, retry_cost at least 1");
  require(options.breaker.failures >= 0, "the failures of the breaker must be at least 0");
  require(options.breaker.wait_ms >= 1 && options.breaker.max_wait_ms >= options.breaker.wait_ms,
          "the breaker must wait at least 1 ms and no longer than its max_wait_ms");
  require(options.pace.max_requests_per_s >= 0, "max_requests_per_s must be at least 0");
}

class TwoThreadUpdater final : public Updater {
 public:
  TwoThreadUpdater(Queue& queue, TokenProvider& tokens, Target target, TransportFactory transport,
                   UpdaterOptions options, std::shared_ptr<Clock> clock,
                   std::shared_ptr<Random> random)
      : queue_(queue),
        tokens_(tokens),
        target_(std::move(target)),
        make_transport_(std::move(transport)),
        options_(std::move(options)),
        clock_(std::move(clock)),
        random_(std::move(random)),
        reporter_(target_, options_.log),
        access_(options_, target_.max_updates) {}

  ~TwoThreadUpdater() override;
  TwoThreadUpdater(const TwoThreadUpdater&) = delete;
  TwoThreadUpdater& operator=(const TwoThreadUpdater&) = delete;

  StopReason flush(std::int64_t timeout_ms) override;
  void start() override;
  void stop(std::int64_t timeout_ms) override;
  StopReason stop_reason() const override;
  UpdaterStats stats() const override;

 private:
  void check_process() const;
  std::shared_ptr<Run> current() const;
  std::shared_ptr<Run> current_or_new();
  std::shared_ptr<Run> new_run(bool background);
  void reap(const std::shared_ptr<Run>& run);

  Queue& queue_;
  TokenProvider& tokens_;
  const Target target_;
  const TransportFactory make_transport_;
  const UpdaterOptions options_;
  const std::shared_ptr<Clock> clock_;
  const std::shared_ptr<Random> random_;
  Reporter reporter_;
  Tally tally_;
  mutable Access access_;  // thread-safe
  const pid_t process_ = ::getpid();

  Turn flush_turn_;
  mutable std::mutex mutex_;                  // guards all below
  std::unique_ptr<HttpTransport> transport_;  // kept between runs: so are its connections
  std::shared_ptr<Run> run_;                  // until its end has been told to somebody
  StopReason last_reason_ = StopReason::none;
};

TwoThreadUpdater::~TwoThreadUpdater() {
  try {
    if (::getpid() == process_) {
      stop(kDestructorWaitMs);
      return;
    }
    // In a forked child the threads do not exist, and their locks may be held for ever: leave all
    // as it is.
    static_cast<void>(new std::shared_ptr<Run>(std::move(run_)));
    static_cast<void>(transport_.release());
  } catch (...) {
    // A destructor cannot say more; what is left open is settled as UNKNOWN by the next deliverer.
  }
}

void TwoThreadUpdater::check_process() const {
  if (::getpid() != process_)
    throw ClosedError("this updater belongs to the process that made it; make one after the fork");
}

std::shared_ptr<Run> TwoThreadUpdater::current() const {
  const std::lock_guard lock(mutex_);
  return run_;
}

std::shared_ptr<Run> TwoThreadUpdater::current_or_new() {
  const std::lock_guard lock(mutex_);
  return run_ ? run_ : new_run(false);
}

// Needs mutex_.
std::shared_ptr<Run> TwoThreadUpdater::new_run(bool background) {
  if (!transport_) transport_ = make_transport_();
  const Parts parts{.queue = queue_,
                    .tokens = tokens_,
                    .target = target_,
                    .options = options_,
                    .clock = *clock_,
                    .random = *random_,
                    .reporter = reporter_,
                    .tally = tally_,
                    .exchange = std::make_shared<Exchange>(*transport_, background),
                    .access = access_};
  run_ = std::make_shared<Run>(parts, *transport_);
  return run_;
}

// After the end of a run. A second caller finds it gone.
void TwoThreadUpdater::reap(const std::shared_ptr<Run>& run) {
  run->join();
  const std::lock_guard lock(mutex_);
  if (run_ != run) return;
  last_reason_ = run->exchange().reason();
  run_.reset();
  // What is left on the wire is given up together with its connections.
  if (transport_->in_flight() > 0 || last_reason_ == StopReason::failed) transport_.reset();
}

StopReason TwoThreadUpdater::flush(std::int64_t timeout_ms) {
  check_process();
  const TimeLimit limit(timeout_ms);
  if (!flush_turn_.take(limit)) return StopReason::timeout;
  const Turn::Holder holder(flush_turn_);
  while (true) {
    const std::shared_ptr<Run> run = current_or_new();
    const bool asked = run->exchange().ask();
    const StopReason reason = run->exchange().wait_for_rest(limit.left());
    if (reason == StopReason::timeout || !run->exchange().over()) return reason;
    reap(run);
    // A run that had found nothing to do before this call began may have missed what was put since.
    if (reason != StopReason::idle || asked) return reason;
  }
}

void TwoThreadUpdater::start() {
  check_process();
  while (const std::shared_ptr<Run> run = current()) {
    if (run->exchange().go_to_background()) return;
    reap(run);
  }
  const std::lock_guard lock(mutex_);
  if (!run_) new_run(true);
}

void TwoThreadUpdater::stop(std::int64_t timeout_ms) {
  check_process();
  const std::shared_ptr<Run> run = current();
  if (!run) return;
  run->exchange().end(StopReason::stopped, TimeLimit(timeout_ms).end());
  reap(run);
}

UpdaterStats TwoThreadUpdater::stats() const {
  UpdaterStats stats = tally_.stats();
  stats.target = access_.state(clock_->mono_us());
  return stats;
}

StopReason TwoThreadUpdater::stop_reason() const {
  const std::lock_guard lock(mutex_);
  if (!run_) return last_reason_;
  return run_->exchange().over() ? run_->exchange().reason() : StopReason::none;
}

}  // namespace
}  // namespace delivery

std::string_view to_text(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::none:
      return "none";
    case StopReason::idle:
      return "idle";
    case StopReason::timeout:
      return "timeout";
    case StopReason::stopped:
      return "stopped";
    case StopReason::auth:
      return "auth";
    case StopReason::fenced:
      return "fenced";
    case StopReason::not_elected:
      return "not_elected";
    case StopReason::failed:
      return "failed";
  }
  return "none";
}

std::string_view to_text(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half_open";
  }
  return "closed";
}

std::unique_ptr<Updater> make_updater(Queue& queue, TokenProvider& tokens, Target target,
                                      TransportFactory transport, UpdaterOptions options,
                                      std::shared_ptr<Clock> clock,
                                      std::shared_ptr<Random> random) {
  check_target(target);
  delivery::check_options(options);
  return std::make_unique<delivery::TwoThreadUpdater>(queue, tokens, std::move(target),
                                                      std::move(transport), std::move(options),
                                                      std::move(clock), std::move(random));
}

}  // namespace cxrelay
