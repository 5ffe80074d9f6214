#include "queue/open_updates.hpp"

#include <fmt/format.h>

#include <iterator>

#include "sqlite/statement.hpp"

namespace cxrelay::queue {

std::string open_updates_text(const std::vector<Item>& items) {
  std::string out = "[";
  for (const Item& item : items) {
    for (const Entry& entry : item) {
      fmt::format_to(std::back_inserter(out), "{}[{},{}", out.size() > 1 ? "," : "", entry.seq,
                     entry.next_at_us);
      if (item.size() > 1) fmt::format_to(std::back_inserter(out), ",{}", item.back().seq);
      out.push_back(']');
    }
  }
  return out + "]";
}

std::vector<StoredRequest> read_open_requests(sqlite::Database& database) {
  sqlite::Statement rows(database,
                         "SELECT r.request_seq, r.request_id, json_extract(u.value, '$[0]'),"
                         " json_extract(u.value, '$[1]'), json_extract(u.value, '$[2]') FROM "
                         "open_requests r, json_each(r.updates) u"
                         " ORDER BY r.request_seq, u.key");
  std::vector<StoredRequest> out;
  while (rows.step()) {
    if (out.empty() || out.back().request_seq != rows.integer(0)) {
      out.push_back({rows.integer(0), std::string(rows.text(1)), {}});
    }
    const auto seq = rows.integer(2);
    out.back().updates.push_back({seq, rows.integer(3), rows.is_null(4) ? seq : rows.integer(4)});
  }
  return out;
}

}  // namespace cxrelay::queue
