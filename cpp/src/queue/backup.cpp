#include "queue/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "base/file.hpp"
#include "sqlite/copy.hpp"

namespace cxrelay::queue {
namespace {

constexpr int kStepPages = 256;
// What is not on the disk yet. Others who sync, that is whoever puts, wait for it on many file systems.
constexpr std::int64_t kUnsyncedBytes = 8 << 20;

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

std::int64_t size_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

// Whoever opens the copy would take a log beside it for its own.
void require_free(const std::string& path) {
  sqlite::refuse_unsafe(path);
  for (const char* suffix : {"", "-wal", "-journal"}) {
    if (exists(path + suffix)) {
      throw StoreError(StoreErrorKind::other, "refused: " + path + suffix + " exists already");
    }
  }
}

// The copy under the name that it has until it is whole. What a killed process left there is written over.
class PartialFile {
 public:
  explicit PartialFile(std::string path) : path_(std::move(path)), lock_(take(path_)) {
    if (::truncate(path_.c_str(), 0) != 0) {
      throw StoreError(StoreErrorKind::io, "cannot empty " + path_);
    }
  }
  ~PartialFile() {
    if (!published_) ::unlink(path_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::string& path() const noexcept { return path_; }
  void sync() const { sync_data(lock_.descriptor()); }
  void publish(const std::string& path) {
    sync();
    rename_to_new(path_, path);
    published_ = true;
    sync_directory_of(path);
  }

 private:
  static FileLock take(const std::string& path) {
    auto lock = FileLock::try_take(path);
    if (!lock || !lock->is_at(path)) {
      throw StoreError(StoreErrorKind::busy, "another backup writes " + path);
    }
    return std::move(*lock);
  }

  std::string path_;
  FileLock lock_;
  bool published_ = false;
};

void require_short_log(const std::string& path, std::int64_t max_bytes) {
  const std::int64_t bytes = size_of(path);
  if (bytes <= max_bytes) return;
  throw StoreError(
      StoreErrorKind::busy,
      fmt::format("the backup was given up: the log has grown to {} bytes meanwhile, {} is allowed",
                  bytes, max_bytes));
}

}  // namespace

BackupResult back_up(sqlite::Database& source, const std::string& path,
                     const BackupOptions& options) {
  require_free(path);
  PartialFile file(path + ".partial");
  BackupResult result;
  sqlite::Copy copy(source, file.path());
  result.records = source.integer("SELECT coalesce(max(seq), 0) FROM journal");
  std::int64_t unsynced = 0;
  while (copy.step(kStepPages)) {
    require_short_log(source.path() + "-wal", options.max_log_bytes);
    unsynced += kStepPages * copy.page_bytes();
    if (unsynced >= kUnsyncedBytes) {
      file.sync();
      unsynced = 0;
    }
    if (options.progress) {
      options.progress((copy.pages() - copy.pages_left()) * copy.page_bytes(),
                       copy.pages() * copy.page_bytes());
    }
  }
  result.bytes = copy.pages() * copy.page_bytes();
  copy.finish();
  file.publish(path);
  return result;
}

}  // namespace cxrelay::queue
