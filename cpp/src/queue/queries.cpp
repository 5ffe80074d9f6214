#include "queue/queries.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "base/iso_time.hpp"
#include "queue/meta.hpp"
#include "queue/open_updates.hpp"
#include "queue/pending.hpp"
#include "queue/retention_place.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {
namespace {

State parse_state(std::string_view word) {
  for (const State state : {State::dead, State::parked}) {
    if (word == to_text(state)) return state;
  }
  return State::pending;
}

std::vector<std::int64_t> seqs_in_flight(sqlite::Database& database) {
  std::vector<std::int64_t> out;
  for (const auto& request : read_open_requests(database)) {
    for (const auto& update : request.updates) out.push_back(update.seq);
  }
  std::ranges::sort(out);
  return out;
}

constexpr const char* kInfoColumns =
    "SELECT j.seq, j.idempotency_key, j.interaction_id, j.event_time_us, j.time_us, p.state, "
    "p.attempts,"
    " p.next_at_us, p.last_error, j.mapped, j.original IS NULL AND j.original_digest IS NOT NULL OR"
    " j.mapped IS NULL AND j.mapped_digest IS NOT NULL AS erased ";

UpdateInfo read_info(const sqlite::Statement& row, const std::vector<std::int64_t>& in_flight) {
  UpdateInfo info;
  info.seq = row.integer(0);
  info.idempotency_key = row.text(1);
  info.interaction_id = row.text(2);
  info.event_time_us = row.integer(3);
  info.accepted_us = row.integer(4);
  info.state = row.is_null(5) ? State::completed : parse_state(row.text(5));
  info.attempts = static_cast<int>(row.integer(6));
  info.not_before_us = row.integer(7) == kAtOnce ? 0 : row.integer(7);
  info.last_error = row.text(8);
  info.mapped = row.text(9);
  info.erased = row.integer(10) != 0;
  if (std::ranges::binary_search(in_flight, info.seq)) info.state = State::in_flight;
  return info;
}

constexpr const char* kWaiting = "FROM pending p JOIN journal j ON j.seq = p.seq WHERE 1";

std::string conditions_of(const ListFilter& filter) {
  std::string sql;
  if (filter.state) sql += " AND p.state = ?1";
  if (filter.interaction_id) sql += " AND j.interaction_id = ?2";
  if (!filter.reason.empty()) sql += " AND instr(p.last_error, ?3) > 0";
  if (filter.status != 0) sql += " AND instr(p.last_error || ':', 'HTTP ' || ?4 || ':') > 0";
  if (filter.accepted_from_us) sql += " AND j.time_us >= ?5";
  if (filter.accepted_until_us) sql += " AND j.time_us < ?6";
  if (filter.erased) sql += " AND (j.mapped IS NULL AND j.mapped_digest IS NOT NULL) = ?8";
  return sql;
}

// `filter` must live as long as `rows` is stepped through.
void bind_conditions(sqlite::Statement& rows, const ListFilter& filter) {
  // What is in flight is stored as pending.
  const bool is_in_flight = filter.state == State::in_flight;
  if (filter.state) rows.bind(1, to_text(is_in_flight ? State::pending : *filter.state));
  if (filter.interaction_id) rows.bind(2, *filter.interaction_id);
  if (!filter.reason.empty()) rows.bind(3, filter.reason);
  if (filter.status != 0) rows.bind(4, std::int64_t{filter.status});
  if (filter.accepted_from_us) rows.bind(5, *filter.accepted_from_us);
  if (filter.accepted_until_us) rows.bind(6, *filter.accepted_until_us);
  if (filter.erased) rows.bind(8, std::int64_t{*filter.erased});
}

bool was_superseded(sqlite::Database& database, std::int64_t seq, std::string_view key) {
  sqlite::Statement row(database,
                        "SELECT 1 FROM journal WHERE action = 'superseded' AND idempotency_key = ?1"
                        " AND seq > ?2");
  row.bind(1, key).bind(2, seq);
  return row.step();
}

std::optional<UpdateInfo> find_where(sqlite::Database& database, const char* where,
                                     std::string_view key, std::int64_t event_time_us,
                                     std::string_view interaction_id) {
  sqlite::Statement row(database,
                        std::string(kInfoColumns) +
                            "FROM journal j LEFT JOIN pending p ON p.seq = j.seq WHERE " + where +
                            " AND j.action IN ('accepted', 'skipped', 'upgraded') LIMIT 1");
  row.bind(1, key);
  if (!interaction_id.empty()) row.bind(2, event_time_us).bind(3, interaction_id);
  if (!row.step()) return std::nullopt;
  auto info = read_info(row, seqs_in_flight(database));
  if (info.state == State::completed && was_superseded(database, info.seq, info.idempotency_key)) {
    info.state = State::superseded;
  }
  return info;
}

std::int64_t count_of(sqlite::Database& database, State state) {
  sqlite::Statement row(database, "SELECT count(*) FROM pending WHERE state = ?1");
  row.bind(1, to_text(state));
  row.step();
  return row.integer(0);
}

std::optional<ChainHash> read_digest(const sqlite::Statement& row, int column) {
  const auto bytes = row.blob(column);
  ChainHash digest;
  if (bytes.size() != digest.size()) return std::nullopt;
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

std::optional<std::string> read_payload(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return std::string(row.text(column));
}

AuditRecord read_record(const sqlite::Statement& row) {
  AuditRecord record;
  record.seq = row.integer(0);
  record.time_us = row.integer(1);
  record.action = row.text(2);
  record.idempotency_key = row.text(3);
  record.interaction_id = row.text(4);
  if (!row.is_null(5)) record.event_time_us = row.integer(5);
  record.mapping_version = row.text(6);
  record.request_id = row.text(7);
  record.detail = row.text(8);
  record.hash = read_digest(row, 9).value_or(ChainHash{});
  const auto salt = row.blob(10);
  std::copy_n(salt.begin(), std::min(salt.size(), record.salt.size()), record.salt.begin());
  record.original_digest = read_digest(row, 11);
  record.mapped_digest = read_digest(row, 12);
  record.mapped = read_payload(row, 13);
  record.original = read_payload(row, 14);
  return record;
}

}  // namespace

QueueStats read_stats(sqlite::Database& database, std::int64_t now_us) {
  database.run("BEGIN");  // one snapshot for all the numbers
  QueueStats stats;
  stats.accepted = read_meta(database, "accepted");
  stats.empty = read_meta(database, "empty");
  stats.rejected = read_meta(database, "rejected");
  stats.completed = read_meta(database, "completed");
  stats.superseded = read_meta(database, "superseded");
  stats.requests = read_meta(database, "requests");
  stats.attempts = read_meta(database, "attempts");
  stats.dead = count_of(database, State::dead) + read_deleted_totals(database).dead;
  stats.parked = count_of(database, State::parked);
  stats.in_flight = static_cast<std::int64_t>(seqs_in_flight(database).size());
  stats.pending = stats.accepted - stats.empty - stats.completed - stats.superseded - stats.dead -
                  stats.parked - stats.in_flight;
  sqlite::Statement delayed(
      database, "SELECT count(*) FROM pending WHERE state = 'pending' AND next_at_us > ?1");
  delayed.bind(1, now_us);
  delayed.step();
  stats.delayed = delayed.integer(0);
  stats.journal_records = database.integer("SELECT seq FROM journal ORDER BY seq DESC LIMIT 1");
  stats.exported_seq = read_meta(database, "exported_seq");
  const auto place = read_retention_place(database);
  stats.first_seq = place.first_seq;
  stats.erased_until_seq = place.erased_until_seq;
  stats.held_up_by_seq = place.held_up_by_seq;
  const auto oldest = database.integer(
      "SELECT min(seq) FROM (SELECT min(seq) AS seq FROM pending WHERE state = 'pending' AND"
      " next_at_us = 0 UNION ALL SELECT min(seq) FROM pending WHERE state = 'pending' AND "
      "next_at_us > 0)");
  if (oldest != 0) {
    sqlite::Statement row(database, "SELECT time_us FROM journal WHERE seq = ?1");
    row.bind(1, oldest);
    if (row.step()) stats.oldest_pending_us = row.integer(0);
  }
  database.run("COMMIT");
  return stats;
}

std::vector<UpdateInfo> read_list(sqlite::Database& database, const ListFilter& filter) {
  const auto in_flight = seqs_in_flight(database);
  sqlite::Statement rows(database, std::string(kInfoColumns) + kWaiting + conditions_of(filter) +
                                       " ORDER BY p.state, p.next_at_us, p.seq");
  bind_conditions(rows, filter);
  std::vector<UpdateInfo> out;
  while (out.size() < filter.limit && rows.step()) {
    auto info = read_info(rows, in_flight);
    if (!filter.state || info.state == *filter.state) out.push_back(std::move(info));
  }
  return out;
}

std::vector<UpdateInfo> read_revivable(sqlite::Database& database, const ListFilter& filter) {
  static constexpr const char* kGivenUp =
      " AND p.state IN ('dead', 'parked') AND j.mapped IS NOT NULL";  // what is erased stays so
  // The items of which an update is meant, and then all updates of each.
  const auto items = std::string("SELECT coalesce(p.item, p.seq) ") + kWaiting +
                     conditions_of(filter) + kGivenUp +
                     " GROUP BY 1 ORDER BY min(p.state), min(p.seq) LIMIT ?7";
  sqlite::Statement rows(database, std::string(kInfoColumns) + kWaiting + kGivenUp +
                                       " AND coalesce(p.item, p.seq) IN (" + items +
                                       ") ORDER BY p.state, p.seq");
  bind_conditions(rows, filter);
  rows.bind(7, static_cast<std::int64_t>(
                   std::min<std::size_t>(filter.limit, std::numeric_limits<std::int64_t>::max())));
  std::vector<UpdateInfo> out;
  while (rows.step()) out.push_back(read_info(rows, {}));
  return out;
}

std::optional<UpdateInfo> read_update(sqlite::Database& database,
                                      std::string_view idempotency_key) {
  // The key holds the event's identity, which is indexed; the key itself is not. An id may hold "_" too.
  const auto plain = idempotency_key.substr(0, idempotency_key.find('#'));
  const auto underscore = plain.rfind('_');
  if (underscore != std::string_view::npos) {
    if (const auto time = parse_iso_us(plain.substr(underscore + 1))) {
      auto found =
          find_where(database,
                     "j.idempotency_key = ?1 AND j.event_time_us = ?2 AND j.interaction_id = ?3"
                     " AND j.fingerprint IS NOT NULL",
                     idempotency_key, *time, plain.substr(0, underscore));
      if (found) return found;
    }
  }
  return find_where(database, "j.idempotency_key = ?1", idempotency_key, 0, {});
}

std::vector<AuditRecord> read_journal(sqlite::Database& database, std::int64_t after,
                                      std::size_t limit) {
  sqlite::Statement rows(
      database,
      "SELECT seq, time_us, action, idempotency_key, interaction_id, event_time_us,"
      " mapping_version, request_id, detail, hash, salt, original_digest, mapped_digest,"
      " mapped, original FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2");
  rows.bind(1, after).bind(2, static_cast<std::int64_t>(limit));
  std::vector<AuditRecord> out;
  while (rows.step()) out.push_back(read_record(rows));
  return out;
}

}  // namespace cxrelay::queue
