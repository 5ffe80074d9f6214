#include "queue/retained.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "cxrelay/retention.hpp"
#include "json/write.hpp"
#include "queue/meta.hpp"

namespace cxrelay::queue {
namespace {

// In meta, for each trail.
std::string retained_name(std::string_view trail) {
  const auto path = std::filesystem::absolute(trail).lexically_normal();
  return fmt::format("trail_retained_seq:{}", path.native());
}

}  // namespace

std::int64_t append_retained(sqlite::Database& writer, Journal& journal,
                             const RetiredRecords& records, std::string_view operator_name) {
  const std::string mark = retained_name(records.trail);
  if (read_meta(writer, mark) == records.last_seq) return 0;
  std::string detail = "{\"by\":";
  json::append_string(detail, operator_name);
  detail += fmt::format(",\"first_seq\":{},\"last_seq\":{},\"older_than_us\":{}}}",
                        records.first_seq, records.last_seq, records.older_than_us);
  NewRecord record;
  record.action = "retained";
  record.detail = detail;
  const auto seq = journal.append(record);
  write_meta(writer, mark, records.last_seq);
  return seq;
}

}  // namespace cxrelay::queue

namespace cxrelay {

// The tombstone first: only what is signed for is put on record, and only what is on record is removed.
RetainedTrail retain_trail(Queue& queue, RetentionOptions options, std::string_view operator_name) {
  options.before_removal = [&queue, operator_name, trail = options.path,
                            then = std::move(options.before_removal)](const Tombstone& tombstone) {
    queue.record_retained({trail, tombstone.first_seq, tombstone.seq, tombstone.older_than_us},
                          operator_name);
    if (then) then(tombstone);
  };
  return retain_trail(options);
}

}  // namespace cxrelay
