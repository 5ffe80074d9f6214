#include <fmt/format.h>

#include <algorithm>

#include "audit/line_writer.hpp"
#include "cxrelay/audit.hpp"

namespace cxrelay {

std::vector<std::string> audit_lines(AuditSource& source, std::int64_t after, std::size_t limit) {
  const std::int64_t first = source.first_seq();
  after = first > 1 ? std::max(after, first) : std::max<std::int64_t>(after, 0);
  // With the record before them: it has the hash that the first of them continues.
  const bool is_start = after == 0;
  const auto records = source.read(is_start ? 0 : after - 1, is_start ? limit : limit + 1);
  std::vector<std::string> lines;
  LineWriter writer;
  std::int64_t last_seq = is_start ? 0 : after - 1;
  Digest last_hash{};
  for (const AuditRecord& record : records) {
    if (record.seq != last_seq + 1) {
      throw AuditError(fmt::format(
          "the journal does not have the record before seq {}, whose hash is in its line",
          record.seq));
    }
    if (record.seq > after) {
      writer.append(lines.emplace_back(), record, last_hash);
      lines.back().pop_back();
    }
    last_seq = record.seq;
    last_hash = record.hash;
  }
  return lines;
}

}  // namespace cxrelay
