#include "relay/export_loop.hpp"

#include <unistd.h>

#include <utility>

#include "cxrelay/errors.hpp"

namespace cxrelay {

ExportLoop::ExportLoop(AuditExport& exporter, std::int64_t interval_ms,
                       std::function<void()> afterwards)
    : exporter_(exporter),
      interval_(interval_ms),
      afterwards_(std::move(afterwards)),
      process_(::getpid()) {}

ExportLoop::~ExportLoop() {
  stop();
  // In a child: the thread does not exist, and its lock may be held for ever.
  static_cast<void>(run_.release());  // NOLINT(bugprone-unused-return-value): leaked on purpose
}

void ExportLoop::start() {
  if (::getpid() != process_) {
    throw ClosedError("this relay was opened before a fork: open another one in the child process");
  }
  if (interval_.count() == 0 || !exporter_.has_path()) return;
  const std::lock_guard lock(mutex_);
  if (run_) return;
  auto run = std::make_unique<Run>();
  run->thread = std::thread([this, &state = *run] { work(state); });
  run_ = std::move(run);
}

void ExportLoop::stop() noexcept {
  if (::getpid() != process_) return;
  std::unique_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    run = std::move(run_);
  }
  if (!run) return;
  {
    const std::lock_guard lock(run->mutex);
    run->stopping = true;
  }
  run->wake.notify_one();
  run->thread.join();
}

void ExportLoop::work(Run& run) {
  for (bool is_last = false; !is_last;) {
    {
      std::unique_lock lock(run.mutex);
      is_last = run.wake.wait_for(lock, interval_, [&] { return run.stopping; });
    }
    exporter_.try_run();
    if (afterwards_ && !is_last) afterwards_();
  }
}

}  // namespace cxrelay
