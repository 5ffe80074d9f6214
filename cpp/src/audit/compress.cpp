#include "audit/compress.hpp"

#include <vector>

#include "audit/line_stream.hpp"
#include "audit/replacement.hpp"
#include "audit/segments.hpp"
#include "base/file.hpp"
#include "base/gzip.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

void write_compressed(const std::string& plain, const std::string& work_path) {
  const auto fd = open_for_reading(plain);
  if (!fd) throw AuditError("cannot read " + plain);
  const auto read = source_of(fd->get(), plain, size_of(fd->get(), plain));
  Replacement replacement(work_path, compressed_path(plain));
  GzipWriter writer([&](std::string_view bytes) { replacement.write(bytes); });
  std::vector<char> piece(kPieceBytes);
  while (const std::size_t count = read(piece.data(), piece.size())) {
    writer.write({piece.data(), count});
  }
  writer.finish();
  replacement.take_place();
}

}  // namespace

std::string compressing_path(const std::string& open_path) { return open_path + ".compressing"; }

void compress_closed(const std::string& open_path) {
  const std::string work_path = compressing_path(open_path);
  remove_file(work_path);
  for (const Segment& segment : list_segments(open_path)) {
    if (is_compressed(segment.path)) continue;
    write_compressed(segment.path, work_path);
    remove_file(segment.path);
    sync_directory_of(segment.path);
  }
}

}  // namespace cxrelay
