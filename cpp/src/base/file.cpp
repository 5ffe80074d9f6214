#include "base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/fork.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  // EFBIG: the file-size limit of the process or the file system.
  const bool no_room = error == ENOSPC || error == EDQUOT || error == EFBIG;
  const auto kind = no_room                             ? StoreErrorKind::full
                    : error == EROFS || error == EACCES ? StoreErrorKind::read_only
                                                        : StoreErrorKind::io;
  throw StoreError(kind, what + ": " + std::generic_category().message(error));
}

// flock belongs to the open file, so two handles in one process exclude each other as two processes
// do.
bool lock_fd(int fd, int operation) {
  while (::flock(fd, operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) fail("cannot lock a file", errno);
  }
  return true;
}

// A file of somebody else can be read by its owner whatever we do, and changed under us: never
// write to it. Reading is fine: a copy of a trail belongs to whoever copied it.
void refuse_unsafe(int fd, const std::string& path, int flags) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail("cannot examine " + path, errno);
  if (!S_ISREG(info.st_mode)) {
    throw StoreError(StoreErrorKind::unsafe_file, "refused: " + path + " is not a regular file");
  }
  if ((flags & O_ACCMODE) != O_RDONLY && info.st_uid != ::geteuid()) {
    throw StoreError(StoreErrorKind::unsafe_file, "refused: " + path + " belongs to another user");
  }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void Fd::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int Fd::release() noexcept { return std::exchange(fd_, -1); }

Fd open_private(const std::string& path, int flags) {
  // O_NONBLOCK matters to a named pipe only, which would otherwise block here instead of being
  // refused.
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd.valid()) {
    if (errno == ELOOP) {
      throw StoreError(StoreErrorKind::unsafe_file, "refused: " + path + " is a symbolic link");
    }
    fail("cannot open " + path, errno);
  }
  refuse_unsafe(fd.get(), path, flags);
  return fd;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      fail("cannot write a file", errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void sync_data(int fd) {
  if (::fdatasync(fd) != 0) fail("cannot sync a file", errno);
}

void sync_directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "."
                                : slash == 0               ? "/"
                                                           : path.substr(0, slash);
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) fail("cannot open a directory", errno);
  if (::fsync(fd.get()) != 0) fail("cannot sync a directory", errno);
}

void rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EINVAL) {  // the file system does not know of it
    struct stat info {};
    const bool is_free = ::lstat(to.c_str(), &info) != 0 && errno == ENOENT;
    if (is_free && ::rename(from.c_str(), to.c_str()) == 0) return;
    if (!is_free) errno = EEXIST;
  }
  if (errno == EEXIST)
    throw StoreError(StoreErrorKind::other, "refused: " + to + " exists already");
  fail("cannot rename " + from, errno);
}

FileLock::FileLock(Fd fd) : fd_(std::move(fd)) { close_in_children(fd_.get()); }

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    unlock();
    fd_ = std::move(other.fd_);
  }
  return *this;
}

void FileLock::unlock() noexcept {
  if (fd_.valid()) keep_in_children(fd_.get());
  fd_.reset();
}

bool FileLock::is_at(const std::string& path) const {
  struct stat locked {};
  struct stat named {};
  return ::fstat(fd_.get(), &locked) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

FileLock FileLock::wait(const std::string& path) {
  Fd fd = open_private(path, O_RDWR | O_CREAT);
  lock_fd(fd.get(), LOCK_EX);
  return FileLock(std::move(fd));
}

LockFile::LockFile(const std::string& path) : fd_(open_private(path, O_RDWR | O_CREAT)) {}

void LockFile::lock() { lock_fd(fd_.get(), LOCK_EX); }

void LockFile::unlock() noexcept { ::flock(fd_.get(), LOCK_UN); }

std::optional<FileLock> FileLock::try_take(const std::string& path) {
  Fd fd = open_private(path, O_RDWR | O_CREAT);
  if (!lock_fd(fd.get(), LOCK_EX | LOCK_NB)) return std::nullopt;
  return FileLock(std::move(fd));
}

}  // namespace cxrelay
