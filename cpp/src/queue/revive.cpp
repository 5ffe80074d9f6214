#include "queue/revive.hpp"

#include <fmt/format.h>

#include <iterator>

#include "json/write.hpp"
#include "queue/queries.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {
namespace {

std::vector<UpdateInfo> given_up(sqlite::Database& database, const ListFilter& filter) {
  std::vector<UpdateInfo> out;
  for (const State state : {State::dead, State::parked}) {
    if (filter.state && *filter.state != state) continue;
    ListFilter one = filter;
    one.state = state;
    one.erased = false;
    one.limit = filter.limit - out.size();
    auto found = read_list(database, one);
    std::ranges::move(found, std::back_inserter(out));
  }
  return out;
}

}  // namespace

std::int64_t revive_updates(sqlite::Database& database, Journal& journal, const ListFilter& filter,
                            std::string_view operator_name) {
  const auto updates = given_up(database, filter);
  if (updates.empty()) return 0;
  // next_at_us 1: due since long, and not in the range of the untried ones, which the deliverer reads only once.
  sqlite::Statement move(database,
                         "UPDATE pending SET state = 'pending', next_at_us = 1, attempts = 0,"
                         " revived_us = ?3 WHERE state = ?1 AND next_at_us = 0 AND seq = ?2");
  std::string detail = "{\"by\":";
  json::append_string(detail, operator_name);
  detail += ",\"updates\":[";
  for (const auto& update : updates) {
    move.reset().bind(1, to_text(update.state)).bind(2, update.seq).bind(3, journal.time_us());
    move.run();
    if (detail.back() != '[') detail.push_back(',');
    fmt::format_to(std::back_inserter(detail), "{}", update.seq);
  }
  detail += "]}";
  NewRecord record;
  record.action = "revived";
  record.detail = detail;
  journal.append(record);
  // Tells the deliverer, in whichever process it is, to read its memory again.
  database.run(
      "INSERT INTO meta VALUES ('revivals', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1");
  return static_cast<std::int64_t>(updates.size());
}

}  // namespace cxrelay::queue
