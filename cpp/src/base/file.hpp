// Files that must be private, locked and really on disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cxrelay {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  int get() const noexcept { return fd_; }
  bool valid() const noexcept { return fd_ >= 0; }
  void reset() noexcept;
  int release() noexcept;

 private:
  int fd_ = -1;
};

// Opens or creates a private regular file (0600), never through a symbolic link. `flags` are those of open(2).
// Throws StoreError(unsafe_file) for a link, a non-regular file or, when it is to be written, a foreign one;
// StoreError(io, full, read_only) otherwise.
Fd open_private(const std::string& path, int flags);

void write_all(int fd, std::string_view bytes);   // throws StoreError(io or full)
void sync_data(int fd);                           // fdatasync; throws StoreError(io)
void sync_directory_of(const std::string& path);  // makes a create or a rename in it durable
// Gives the file another name that nothing has yet. Throws StoreError(other) if something has it; of two that try at
// once, one gets it where the file system can do that (all local ones of Linux can).
void rename_to_new(const std::string& from, const std::string& to);

// An exclusive advisory lock on a file of its own, held until destroyed; it falls with the process, whose forked
// children do not have it.
class FileLock {
 public:
  FileLock(FileLock&& other) noexcept = default;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock() { unlock(); }

  // Waits for the lock.
  static FileLock wait(const std::string& path);
  // None if somebody else, in this process or another, holds it.
  static std::optional<FileLock> try_take(const std::string& path);
  int descriptor() const noexcept { return fd_.get(); }
  // Whether the locked file still has this name: it may have been renamed or removed before the lock was taken.
  bool is_at(const std::string& path) const;
  // For a forked child, where the descriptor is closed already.
  void abandon() noexcept { fd_.release(); }

 private:
  explicit FileLock(Fd fd);
  void unlock() noexcept;

  Fd fd_;
};

// A lock file that stays open and is locked again and again (a BasicLockable, for std::unique_lock). The kernel
// queues the waiters, so nobody polls. Not for several threads at once.
class LockFile {
 public:
  explicit LockFile(const std::string& path);
  void lock();
  void unlock() noexcept;

 private:
  Fd fd_;
};

}  // namespace cxrelay
