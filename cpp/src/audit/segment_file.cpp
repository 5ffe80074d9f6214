#include "audit/segment_file.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "audit/line.hpp"
#include "audit/segments.hpp"
#include "base/gzip.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {

SegmentFile::SegmentFile(std::string path, Fd fd)
    : path_(std::move(path)), fd_(std::move(fd)), size_(size_of(fd_.get(), path_)) {}

std::optional<SegmentFile> SegmentFile::open(const std::string& path) {
  if (auto fd = open_for_reading(path)) return SegmentFile(path, std::move(*fd));
  if (is_compressed(path)) return std::nullopt;
  return open(compressed_path(path));
}

bool SegmentFile::is_whole() const {
  if (!is_compressed(path_)) return true;
  GzipReader reader(source_of(fd_.get(), path_, size_));
  const auto scratch = std::make_unique<std::array<char, 256 * 1024>>();
  while (reader.read(scratch->data(), scratch->size()) == scratch->size()) {
  }
  return reader.is_whole();
}

LineStream SegmentFile::lines() const {
  auto bytes = source_of(fd_.get(), path_, size_);
  if (!is_compressed(path_)) return LineStream(std::move(bytes));
  const auto reader = std::make_shared<GzipReader>(std::move(bytes));
  return LineStream([reader, path = path_](char* out, std::size_t count) {
    const std::size_t done = reader->read(out, count);
    if (done < count && !reader->is_whole()) throw AuditError(path + " is not a whole gzip file");
    return done;
  });
}

std::string SegmentFile::last_line() const {
  if (!is_compressed(path_)) return last_line_of(fd_.get(), path_, size_);
  LineStream stream = lines();
  std::string last;
  auto step = stream.next();
  for (; step == LineStream::Step::line; step = stream.next()) last = stream.text();
  return step == LineStream::Step::end ? last : std::string();
}

std::string last_line_of(int fd, const std::string& path, std::uint64_t size) {
  std::string tail;
  for (std::uint64_t wanted = 16 * 1024;; wanted *= 4) {
    tail.resize(static_cast<std::size_t>(std::min(wanted, size)));
    tail.resize(read_at(fd, path, size - tail.size(), tail.data(), tail.size()));
    if (tail.empty() || tail.back() != '\n') return {};
    const auto before = tail.size() < 2 ? std::string::npos : tail.rfind('\n', tail.size() - 2);
    if (before != std::string::npos) return tail.substr(before + 1, tail.size() - before - 2);
    if (tail.size() == size) return tail.substr(0, tail.size() - 1);
    if (tail.size() > kMaxLineBytes) return {};
  }
}

}  // namespace cxrelay
