// Where checkpoints go: a file, standard output, syslog.
#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "audit/checkpoint_line.hpp"
#include "audit/line_stream.hpp"
#include "base/file.hpp"
#include "cxrelay/checkpoint.hpp"

namespace cxrelay {
namespace {

// How many bytes of the file are whole lines. What a crash left of the last one is cut off before
// another is appended; anything else was written by somebody else and is not ours to cut.
std::uint64_t whole_bytes(int fd, const std::string& path, std::uint64_t size) {
  std::string tail(static_cast<std::size_t>(std::min<std::uint64_t>(size, 4096)), '\0');
  tail.resize(read_at(fd, path, size - tail.size(), tail.data(), tail.size()));
  if (tail.empty() || tail.back() == '\n') return size;
  const auto last_end = tail.rfind('\n');
  const auto torn = std::string_view(tail).substr(last_end == std::string::npos ? 0 : last_end + 1);
  const auto start = kCheckpointStart.substr(0, torn.size());
  const bool is_unfilled = torn.find('\0') != std::string_view::npos;
  if (torn.size() == tail.size() && tail.size() < size) {
    throw AuditError(path + " is not a file of checkpoints");
  }
  if (!torn.starts_with(start) && !is_unfilled) {
    throw AuditError(path + " does not end with a checkpoint");
  }
  return size - torn.size();
}

void append_to_file(const std::string& path, const std::string& line) {
  LockFile lock_file(path);
  const std::lock_guard lock(lock_file);
  const Fd fd = open_private(path, O_RDWR | O_APPEND);
  const std::uint64_t size = size_of(fd.get(), path);
  const std::uint64_t whole = whole_bytes(fd.get(), path, size);
  const auto cut = [&] { return ::ftruncate(fd.get(), static_cast<off_t>(whole)) == 0; };
  if (whole < size && !cut()) throw AuditError("cannot cut the unfinished line off " + path);
  try {
    write_all(fd.get(), line);
    sync_data(fd.get());
  } catch (const StoreError&) {
    cut();  // if this fails too, the next call does it
    throw;
  }
  if (whole == 0) sync_directory_of(path);
}

}  // namespace

void write_checkpoint(const Checkpoint& checkpoint, const std::string& output) {
  const std::string line = to_line(checkpoint);
  if (output == "syslog") {
    ::syslog(LOG_AUTH | LOG_NOTICE, "%s", line.c_str());
    return;
  }
  try {
    if (output == "-") {
      write_all(STDOUT_FILENO, line + '\n');
    } else {
      append_to_file(output, line + '\n');
    }
  } catch (const StoreError& error) {
    throw AuditError("the checkpoint was not written: " + std::string(error.what()));
  }
}

}  // namespace cxrelay
