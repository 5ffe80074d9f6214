#include "audit/note_closed.hpp"

#include <vector>

#include "audit/line_reader.hpp"
#include "audit/segment_file.hpp"
#include "audit/segments.hpp"

namespace cxrelay {
namespace {

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// From the journal, which the segment was made from; from the segment where the journal has let go of the record.
ChainHash last_hash(AuditSource& source, const Segment& segment) {
  const auto records = source.read(segment.last_seq - 1, 1);
  if (!records.empty() && records.front().seq == segment.last_seq) return records.front().hash;
  const auto file = SegmentFile::open(segment.path);
  LineReader reader;
  if (!file || !reader.read(file->last_line()) || reader.line().fields.seq != segment.last_seq) {
    throw AuditError(segment.path + " does not end with the record that its name says");
  }
  return reader.line().hash;
}

}  // namespace

void note_closed(AuditSource& source, const std::string& open_path) {
  const std::string trail = base_name(open_path);
  const std::int64_t noted = source.noted(trail);
  std::vector<ClosedSegment> segments;
  for (const Segment& segment : list_segments(open_path)) {
    if (segment.last_seq <= noted) continue;
    segments.push_back({segment.first_seq, segment.last_seq, last_hash(source, segment),
                        base_name(plain_path(segment.path))});
  }
  if (!segments.empty()) source.note_closed(trail, segments);
}

}  // namespace cxrelay
