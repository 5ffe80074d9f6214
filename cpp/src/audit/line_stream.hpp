// Lines of a file, one after the other, in a bounded buffer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "base/gzip.hpp"

namespace cxrelay {

class LineStream {
 public:
  enum class Step {
    line,     // a whole line
    end,      // no more bytes
    cut,      // bytes without a '\n' at the end of the file
    too_long  // more than kMaxLineBytes without a '\n'
  };

  explicit LineStream(ByteSource source);
  // Reads `fd` up to `size`. Errors name `path`.
  LineStream(int fd, std::string path, std::uint64_t size);

  // Throws AuditError if the file cannot be read, and whatever else its source throws.
  Step next();

  // Of the last step, until the next one. A line comes without its '\n'; of a line that is too
  // long, its start.
  std::string_view text() const noexcept { return text_; }
  std::int64_t number() const noexcept { return number_; }  // from 1
  std::uint64_t begin() const noexcept { return begin_; }   // where it starts in the file

 private:
  Step take(const char* newline);
  bool fill();

  ByteSource source_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;  // the rest of the buffer is [at_, filled_)
  std::size_t filled_ = 0;
  std::uint64_t read_ = 0;  // bytes taken from the file so far
  std::string_view text_;
  std::int64_t number_ = 0;
  std::uint64_t begin_ = 0;
};

// Reads `fd` from its beginning up to `size`. Errors name `path`.
ByteSource source_of(int fd, std::string path, std::uint64_t size);

// Opens a file of a trail. None if there is no such file; AuditError if it cannot be read.
std::optional<Fd> open_for_reading(const std::string& path);

std::uint64_t size_of(int fd, const std::string& path);

// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
std::size_t read_at(int fd, const std::string& path, std::uint64_t offset, char* out,
                    std::size_t count);

}  // namespace cxrelay
