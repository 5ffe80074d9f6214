// A closed segment as it is read: plain, or unpacked on the way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/line_stream.hpp"
#include "base/file.hpp"

namespace cxrelay {

class SegmentFile {
 public:
  // None if there is no such file. Of a plain one that an exporter has compressed since it was listed, the compressed
  // one. Throws AuditError if it cannot be read.
  static std::optional<SegmentFile> open(const std::string& path);

  const std::string& path() const noexcept { return path_; }
  // Whether a compressed one can be unpacked to its end: that is tried. A plain one is always whole.
  bool is_whole() const;
  // From the first line on; must not outlive this. Reading throws AuditError at the place where a compressed one is
  // damaged.
  LineStream lines() const;
  // Without its '\n'; empty if the file does not end with a whole line.
  std::string last_line() const;

 private:
  SegmentFile(std::string path, Fd fd);

  std::string path_;
  Fd fd_;
  std::uint64_t size_ = 0;  // of the file as it lies there
};

// The last line of a plain file without its '\n'; empty if the file does not end with a whole line.
std::string last_line_of(int fd, const std::string& path, std::uint64_t size);

}  // namespace cxrelay
