// The export of the audit trail as a relay makes it: one at a time, counted, and its troubles told once.
#pragma once

#include <sys/types.h>

#include <exception>
#include <mutex>

#include "cxrelay/audit.hpp"
#include "cxrelay/relay.hpp"
#include "cxrelay/updater.hpp"

namespace cxrelay {

// Thread-safe. Not fork-safe: in a child process run() and stats() throw ClosedError.
class AuditExport {
 public:
  // `source` must outlive it. `log`: empty = no log.
  AuditExport(AuditSource& source, ExportOptions options, LogSink log);

  bool has_path() const noexcept { return !options_.path.empty(); }
  // For a caller who is told what goes wrong. Waits for an export of this relay that is under way. Throws ConfigError
  // (no path), AuditError (another process exports, too) or StoreError.
  ExportResult run();
  // For nobody in particular: a failure is counted, told to the log when it is the first one, and once more when it is
  // over. That another process exports is none. Without anything new no file is touched.
  void try_run() noexcept;

  // Tells the log of a failure that concerns nobody else.
  void report(std::string message) const noexcept;

  // What `queue` says of the journal, and this relay's own troubles.
  AuditStats stats(const QueueStats& queue) const;

 private:
  void check_process() const;
  bool is_idle();
  void succeeded();
  void failed(const std::exception& error, bool tell);
  void log(int level, std::string message) const noexcept;

  AuditSource& source_;
  const ExportOptions options_;
  const LogSink log_;
  const pid_t process_;
  std::mutex turn_;             // held while an export is made
  bool is_up_to_date_ = false;  // the last one went well; guarded by turn_
  mutable std::mutex mutex_;    // guards what is below
  std::int64_t failures_ = 0;
  std::string last_error_;
  bool told_ = false;
};

}  // namespace cxrelay
