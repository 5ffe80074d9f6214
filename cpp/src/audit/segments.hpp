// The files of a trail: closed segments, named by the sequences in them, beside the open one.
//
//   audit_transformations.000000000001-000000000500.log   closed: never changed again
//   audit_transformations.000000000501-000000000987.log.gz      closed, and compressed with gzip
//   audit_transformations.log                             open: grows at its end
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cxrelay {

struct Segment {
  std::string path;  // of the plain file, or of the compressed one
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
};

// The name of a closed segment of the trail whose open segment is `open_path`.
std::string segment_path(const std::string& open_path, std::int64_t first_seq,
                         std::int64_t last_seq);

// The segment that `path` names, or none if it is not a closed segment of this trail.
std::optional<Segment> parse_segment_path(const std::string& open_path, const std::string& path);

bool is_compressed(std::string_view path);
// The names that the plain and the compressed file of a closed segment have.
std::string plain_path(std::string_view path);
std::string compressed_path(std::string_view path);

// All closed segments by first sequence. Of one that is there plain and compressed the plain file counts: whoever
// compresses removes it last. Throws AuditError if the directory cannot be read.
std::vector<Segment> list_segments(const std::string& open_path);

// The same, with the compressed files that do not count.
std::vector<Segment> list_segment_files(const std::string& open_path);

// What the names alone tell to be wrong where records up to `last_seq` precede; empty = nothing.
std::string order_problem(std::int64_t last_seq, const Segment& next);

}  // namespace cxrelay
