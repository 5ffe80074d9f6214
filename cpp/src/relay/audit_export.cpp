#include "relay/audit_export.hpp"

#include <unistd.h>

#include <utility>

#include "delivery/reporter.hpp"

namespace cxrelay {
namespace {

constexpr int kInfo = 20;
constexpr int kError = 40;

std::string kind_of(const std::exception& error) {
  if (const auto* store = dynamic_cast<const StoreError*>(&error)) {
    return std::string(to_text(store->kind()));
  }
  return dynamic_cast<const AuditError*>(&error) != nullptr ? "audit" : "other";
}

}  // namespace

AuditExport::AuditExport(AuditSource& source, ExportOptions options, LogSink log)
    : source_(source), options_(std::move(options)), log_(std::move(log)), process_(::getpid()) {}

ExportResult AuditExport::run() {
  check_process();
  if (!has_path()) throw ConfigError("the path of the audit log is not set");
  const std::lock_guard turn(turn_);
  is_up_to_date_ = false;
  try {
    if (auto result = try_export_audit(source_, options_)) {
      succeeded();
      return std::move(*result);
    }
  } catch (const std::exception& error) {
    failed(error, false);
    throw;
  }
  throw AuditError("another exporter is at work on " + options_.path);
}

void AuditExport::try_run() noexcept {
  try {
    check_process();
    const std::lock_guard turn(turn_);
    try {
      if (is_up_to_date_ && is_idle()) return;
      is_up_to_date_ = false;
      if (try_export_audit(source_, options_)) succeeded();
    } catch (const std::exception& error) {
      failed(error, true);
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): the next try tells more than this one could
  }
}

// A checkpoint may be due though nothing is new.
bool AuditExport::is_idle() {
  return options_.checkpoint.key_path.empty() && source_.read(source_.exported(), 1).empty();
}

AuditStats AuditExport::stats(const QueueStats& queue) const {
  check_process();
  const std::lock_guard lock(mutex_);
  return {.exported_seq = queue.exported_seq,
          .backlog_records = queue.journal_records - queue.exported_seq,
          .failures = failures_,
          .last_error = last_error_};
}

void AuditExport::check_process() const {
  if (::getpid() != process_) {
    throw ClosedError("this relay was opened before a fork: open another one in the child process");
  }
}

void AuditExport::succeeded() {
  is_up_to_date_ = true;
  bool was_told = false;
  {
    const std::lock_guard lock(mutex_);
    last_error_.clear();
    was_told = std::exchange(told_, false);
  }
  if (was_told) log(kInfo, "the audit export works again");
}

void AuditExport::failed(const std::exception& error, bool tell) {
  {
    const std::lock_guard lock(mutex_);
    ++failures_;
    last_error_ = kind_of(error);
    if (!tell || std::exchange(told_, true)) return;
  }
  log(kError, "the audit export failed: " + std::string(delivery::why(error)) +
                  "; delivery goes on, trying again");
}

void AuditExport::report(std::string message) const noexcept { log(kError, std::move(message)); }

// A sink that throws must not take the thread down.
void AuditExport::log(int level, std::string message) const noexcept {
  if (!log_) return;
  try {
    log_({level, std::move(message)});
  } catch (...) {  // NOLINT(bugprone-empty-catch): there is nowhere left to report to
  }
}

}  // namespace cxrelay
