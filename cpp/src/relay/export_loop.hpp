// A thread that exports the audit trail now and then, while a relay delivers.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "relay/audit_export.hpp"

namespace cxrelay {

// Thread-safe. In a forked child there is no thread: stop() and the destructor leave the parent's alone.
class ExportLoop {
 public:
  // `exporter` must outlive it. An interval of 0 or an exporter without a path: no thread, ever.
  // `afterwards` is called in the thread after each try but the last, and must not throw.
  ExportLoop(AuditExport& exporter, std::int64_t interval_ms,
             std::function<void()> afterwards = {});
  ~ExportLoop();  // stop()
  ExportLoop(const ExportLoop&) = delete;
  ExportLoop& operator=(const ExportLoop&) = delete;

  // Nothing if it runs. Throws ClosedError in a forked child.
  void start();
  // Exports once more and ends the thread. Nothing if it does not run.
  void stop() noexcept;

 private:
  struct Run {
    std::mutex mutex;
    std::condition_variable wake;
    bool stopping = false;  // guarded by mutex
    std::thread thread;
  };
  void work(Run& run);

  AuditExport& exporter_;
  const std::chrono::milliseconds interval_;
  const std::function<void()> afterwards_;
  const pid_t process_;
  std::mutex mutex_;
  std::unique_ptr<Run> run_;  // guarded by mutex_
};

}  // namespace cxrelay
