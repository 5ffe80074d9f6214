#include "queue/open_updates.hpp"

#include <fmt/format.h>

#include <iterator>

#include "sqlite/statement.hpp"

namespace cxrelay::queue {

std::string open_updates_text(const std::vector<Entry>& entries) {
  std::string out = "[";
  for (const Entry& entry : entries) {
    fmt::format_to(std::back_inserter(out), "{}[{},{}]", out.size() > 1 ? "," : "", entry.seq,
                   entry.next_at_us);
  }
  return out + "]";
}

std::vector<StoredRequest> read_open_requests(sqlite::Database& database) {
  sqlite::Statement rows(
      database,
      "SELECT r.request_seq, r.request_id, json_extract(u.value, '$[0]'),"
      " json_extract(u.value, '$[1]') FROM open_requests r, json_each(r.updates) u"
      " ORDER BY r.request_seq, u.key");
  std::vector<StoredRequest> out;
  while (rows.step()) {
    if (out.empty() || out.back().request_seq != rows.integer(0)) {
      out.push_back({rows.integer(0), std::string(rows.text(1)), {}});
    }
    out.back().updates.push_back({rows.integer(2), rows.integer(3)});
  }
  return out;
}

}  // namespace cxrelay::queue
