// The file that checkpoints or tombstones are appended to.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "audit/line_stream.hpp"
#include "audit/signed_line.hpp"
#include "base/file.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

// How many bytes of the file are whole lines. What a crash left of the last one is cut off before
// another is appended; anything else was written by somebody else and is not ours to cut.
std::uint64_t whole_bytes(int fd, const std::string& path, std::string_view line_start,
                          std::string_view noun) {
  const std::uint64_t size = size_of(fd, path);
  std::string tail(static_cast<std::size_t>(std::min<std::uint64_t>(size, 4096)), '\0');
  tail.resize(read_at(fd, path, size - tail.size(), tail.data(), tail.size()));
  if (tail.empty() || tail.back() == '\n') return size;
  const auto last_end = tail.rfind('\n');
  const auto torn = std::string_view(tail).substr(last_end == std::string::npos ? 0 : last_end + 1);
  const auto start = line_start.substr(0, torn.size());
  const bool is_unfilled = torn.find('\0') != std::string_view::npos;
  if (torn.size() == tail.size() && tail.size() < size) {
    throw AuditError(path + " is not a file of " + std::string(noun) + "s");
  }
  if (!torn.starts_with(start) && !is_unfilled) {
    throw AuditError(path + " does not end with a " + std::string(noun));
  }
  return size - torn.size();
}

}  // namespace

void append_signed_line(const std::string& path, std::string_view line, std::string_view start,
                        std::string_view noun) {
  LockFile lock_file(path);
  const std::lock_guard lock(lock_file);
  const Fd fd = open_private(path, O_RDWR | O_APPEND);
  const std::uint64_t whole = whole_bytes(fd.get(), path, start, noun);
  const auto cut = [&] { return ::ftruncate(fd.get(), static_cast<off_t>(whole)) == 0; };
  if (whole < size_of(fd.get(), path) && !cut()) {
    throw AuditError("cannot cut the unfinished line off " + path);
  }
  try {
    write_all(fd.get(), std::string(line) + '\n');
    sync_data(fd.get());
  } catch (const StoreError&) {
    cut();  // if this fails too, the next call does it
    throw;
  }
  if (whole == 0) sync_directory_of(path);
}

}  // namespace cxrelay
