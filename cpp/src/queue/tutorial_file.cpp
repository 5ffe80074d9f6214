#include "queue/tutorial_file.hpp"

#include <fmt/format.h>

#include <string>

#include "base/iso_time.hpp"
#include "json/write.hpp"
#include "queue/journal.hpp"
#include "queue/pending.hpp"
#include "queue/put.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {
namespace {

struct TutorialRow {
  std::string key;
  std::string interaction_id;
  std::string payload;
  std::int64_t attempts = 0;
  std::string last_error;
  std::string status;
  std::string created_at;
};

TutorialRow read_row(const sqlite::Statement& rows) {
  TutorialRow row;
  row.key = rows.text(0);
  row.interaction_id = rows.text(1);
  row.payload = rows.text(2);
  row.attempts = rows.integer(3);
  row.last_error = rows.text(4);
  row.status = rows.text(5);
  row.created_at = rows.text(6);
  return row;
}

// The tutorial's key is "<interaction id>_<event timestamp>".
std::int64_t event_time_us(const TutorialRow& row, std::int64_t otherwise) {
  if (row.key.size() > row.interaction_id.size() + 1 && row.key.starts_with(row.interaction_id)) {
    const auto time = parse_iso_us(std::string_view(row.key).substr(row.interaction_id.size() + 1));
    if (time) return *time;
  }
  return parse_iso_us(row.created_at).value_or(otherwise);
}

std::string detail_of(const TutorialRow& row) {
  std::string detail = "{\"status\":";
  json::append_string(detail, row.status);
  detail += ",\"created_at\":";
  json::append_string(detail, row.created_at);
  detail += fmt::format(",\"attempts\":{}}}", row.attempts);
  return detail;
}

void import_row(const TutorialRow& row, Journal& journal, Pending& pending, Random& random) {
  NewUpdate update;
  update.idempotency_key = row.key;
  update.interaction_id = row.interaction_id;
  update.event_time_us = event_time_us(row, journal.time_us());
  update.mapped = row.payload;
  const PreparedPut put = Preparation(std::span(&update, 1), random).at(0);

  NewRecord record;
  record.action = "upgraded";
  record.idempotency_key = row.key;
  record.interaction_id = row.interaction_id;
  record.event_time_us = update.event_time_us;
  // Two of the tutorial's keys can be one instant in two spellings; only the first stands for the identity.
  const auto known = journal.find(update.event_time_us, update.interaction_id, put.fingerprint);
  record.fingerprint = known && known->same_fingerprint ? nullptr : &put.fingerprint;
  const auto detail = detail_of(row);
  record.detail = detail;
  record.salt = &put.salt;
  record.mapped = row.payload;
  record.mapped_digest = put.mapped_digest;

  Entry entry;
  entry.seq = journal.append(record);
  entry.interaction = interaction_hash(row.interaction_id);
  entry.event_time_us = update.event_time_us;
  entry.attempts = static_cast<int>(row.attempts);
  const bool is_pending = row.status == "pending";
  // The tutorial sent each alone, and may have sent any but those that wait for their first attempt.
  if (!is_pending || row.attempts > 0) entry.item = entry.seq;
  if (is_pending && entry.item != 0) entry.next_at_us = kAtOnce;
  journal.counters().accepted += 1;
  if (row.status == "completed") {
    journal.counters().completed += 1;
  } else {
    pending.insert(is_pending ? State::pending : State::parked, entry, journal.time_us(),
                   row.last_error);
  }
}

}  // namespace

void import_tutorial_rows(sqlite::Database& database, Clock& clock, Random& random) {
  Journal journal(database);
  Pending pending(database);
  sqlite::Statement rows(database,
                         "SELECT idempotency_key, interaction_id, payload, coalesce(attempts, 0),"
                         " coalesce(last_error, ''), coalesce(status, ''), coalesce(created_at, '')"
                         " FROM tutorial_updates ORDER BY created_at, rowid");
  journal.begin(clock.wall_us());
  while (rows.step()) import_row(read_row(rows), journal, pending, random);
  journal.finish();
}

}  // namespace cxrelay::queue
