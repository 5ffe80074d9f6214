#include "queue/note_segments.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "json/document.hpp"
#include "json/write.hpp"
#include "queue/meta.hpp"

namespace cxrelay::queue {
namespace {

std::string noted_name(std::string_view trail) { return fmt::format("noted_seq:{}", trail); }

// A record that no line can be made of would stop the export for good, and a file's name need not be text.
bool is_text(const std::string& name) {
  std::string quoted;
  json::append_string(quoted, name);
  json::Document document;
  return document.parse(quoted, {1024 * 1024, 1, 1}) == json::ParseError::none;
}

std::string detail_of(const ClosedSegment& segment) {
  std::string detail = fmt::format(R"({{"first_seq":{},"last_seq":{},"hash":"{}")",
                                   segment.first_seq, segment.last_seq, to_hex(segment.hash));
  if (is_text(segment.file)) {
    detail += ",\"file\":";
    json::append_string(detail, segment.file);
  }
  return detail + "}";
}

}  // namespace

std::int64_t read_noted(sqlite::Database& database, std::string_view trail) {
  return read_meta(database, noted_name(trail));
}

void note_segments(sqlite::Database& database, Journal& journal, std::string_view trail,
                   std::span<const ClosedSegment> segments) {
  std::int64_t noted = read_noted(database, trail);  // another process may have been first
  for (const ClosedSegment& segment : segments) {
    if (segment.last_seq <= noted) continue;
    const std::string detail = detail_of(segment);
    NewRecord record;
    record.action = "exported";
    record.detail = detail;
    journal.append(record);
    noted = segment.last_seq;
  }
  write_meta(database, noted_name(trail), noted);
}

}  // namespace cxrelay::queue
