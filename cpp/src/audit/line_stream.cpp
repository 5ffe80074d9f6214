#include "audit/line_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "audit/line.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

constexpr std::size_t kFirstBuffer = 256 * 1024;

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw AuditError(what + " " + path + ": " + std::generic_category().message(errno));
}

}  // namespace

LineStream::LineStream(ByteSource source) : source_(std::move(source)), buffer_(kFirstBuffer) {}

LineStream::LineStream(int fd, std::string path, std::uint64_t size)
    : LineStream(source_of(fd, std::move(path), size)) {}

LineStream::Step LineStream::next() {
  std::size_t searched = 0;
  while (true) {
    const char* rest = buffer_.data() + at_;
    const std::size_t size = filled_ - at_;
    const void* found = std::memchr(rest + searched, '\n', size - searched);
    if (found != nullptr || size > kMaxLineBytes || !fill()) {
      return take(static_cast<const char*>(found));
    }
    searched = size;
  }
}

// Steps over what is in the buffer: up to `newline`, or all of it.
LineStream::Step LineStream::take(const char* newline) {
  const char* rest = buffer_.data() + at_;
  const std::size_t size = filled_ - at_;
  begin_ = read_ - size;
  text_ = {rest, newline != nullptr ? static_cast<std::size_t>(newline - rest) : size};
  if (newline == nullptr && size == 0) return Step::end;
  ++number_;
  at_ += text_.size() + (newline != nullptr ? 1 : 0);
  if (newline != nullptr) return Step::line;
  return size > kMaxLineBytes ? Step::too_long : Step::cut;
}

// Reads on behind what is left, which moves to the front first. False at the end of the file.
bool LineStream::fill() {
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
  }
  if (filled_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const std::size_t count = source_(buffer_.data() + filled_, buffer_.size() - filled_);
  filled_ += count;
  read_ += count;
  return count > 0;
}

ByteSource source_of(int fd, std::string path, std::uint64_t size) {
  return [fd, path = std::move(path), size, at = std::uint64_t{0}](char* out,
                                                                   std::size_t count) mutable {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, size - at));
    const std::size_t done = read_at(fd, path, at, out, wanted);
    at += done;
    if (done < wanted) size = at;  // somebody cut the file
    return done;
  };
}

std::optional<Fd> open_for_reading(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 && errno == ENOENT) return std::nullopt;
  try {
    return open_private(path, O_RDONLY);
  } catch (const StoreError& error) {
    throw AuditError(error.what());
  }
}

std::uint64_t size_of(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail("cannot examine", path);
  return static_cast<std::uint64_t>(info.st_size);
}

std::size_t read_at(int fd, const std::string& path, std::uint64_t offset, char* out,
                    std::size_t count) {
  std::size_t done = 0;
  while (done < count) {
    const ssize_t n = ::pread(fd, out + done, count - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot read", path);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace cxrelay
