#include "queue/schema.hpp"

#include <fmt/format.h>

#include "cxrelay/errors.hpp"
#include "queue/tutorial_file.hpp"

namespace cxrelay::queue {
namespace {

// journal: append-only. Narrow columns first, so that a scan for them does not touch overflow pages.
// journal_identity: time-ordered, so that a put appends at its right edge.
// open_requests: started and not finished; at most as many as requests may be on the wire.
constexpr const char* kTables = R"sql(
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  time_us INTEGER NOT NULL,
  action TEXT NOT NULL,
  idempotency_key TEXT,
  interaction_id TEXT,
  event_time_us INTEGER,
  fingerprint BLOB,
  mapping_version TEXT,
  request_id TEXT,
  detail TEXT,
  hash BLOB NOT NULL,
  salt BLOB,
  original_digest BLOB,
  mapped_digest BLOB,
  mapped TEXT,
  original TEXT,
  CONSTRAINT hash_is_sha256 CHECK (length(hash) = 32)
) STRICT;
CREATE UNIQUE INDEX journal_identity ON journal (event_time_us, interaction_id, fingerprint)
  WHERE fingerprint IS NOT NULL;
CREATE TABLE open_requests (
  request_seq INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  updates TEXT NOT NULL
) STRICT;
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// One narrow row an update that is not done. next_at_us 0 = never sent, claimed in the order of seq; otherwise wall
// time before which it must not be sent, 1 = at once (0 again for dead and parked ones).
// item: the newest update of those that it was sent with as one, itself if alone; null before it is sent.
// The constraint is a chain of comparisons: SQLite fills a table of its own for each IN list, with each row written,
// which cost more than all the rest of a put.
constexpr const char* kPending = R"sql(
CREATE TABLE pending (
  state TEXT NOT NULL,
  next_at_us INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  interaction INTEGER NOT NULL,
  event_time_us INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  revived_us INTEGER,
  last_error TEXT,
  item INTEGER,
  PRIMARY KEY (state, next_at_us, seq),
  CONSTRAINT state_is_known CHECK (state = 'pending' OR state = 'dead' OR state = 'parked')
) STRICT, WITHOUT ROWID;
)sql";

// kept_events: rows that retention passed and left whole, since an update of their interaction is not done.
// cut_requests: "started" records that retention deleted while their "finished" one is still there.
constexpr const char* kRetention = R"sql(
CREATE TABLE kept_events (
  seq INTEGER PRIMARY KEY,
  interaction INTEGER NOT NULL
) STRICT;
CREATE TABLE cut_requests (
  request_seq INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
)sql";

// The tutorial's table as a view with its seven columns and its words for the states. Without JSON functions, which
// a connection with trusted_schema off does not run in a view. An open request lists "[seq,next_at_us]" pairs.
constexpr const char* kView = R"sql(
CREATE VIEW pending_updates AS
  SELECT j.idempotency_key AS idempotency_key,
         j.interaction_id AS interaction_id,
         j.mapped AS payload,
         coalesce(p.attempts, 0) AS attempts,
         p.last_error AS last_error,
         CASE WHEN p.state = 'pending' AND EXISTS (
                SELECT 1 FROM open_requests r WHERE instr(r.updates, '[' || j.seq || ',') > 0)
                THEN 'in_flight'
              WHEN p.state IS NOT NULL THEN p.state
              WHEN s.idempotency_key IS NOT NULL THEN 'superseded'
              ELSE 'completed' END AS status,
         datetime(j.time_us / 1000000, 'unixepoch') AS created_at
  FROM journal j
  LEFT JOIN pending p ON p.seq = j.seq
  LEFT JOIN (SELECT DISTINCT idempotency_key FROM journal WHERE action = 'superseded') s
    ON s.idempotency_key = j.idempotency_key
  WHERE j.action IN ('accepted', 'upgraded') AND j.mapped IS NOT NULL;
)sql";

enum class Shape { empty, tutorial, ours, foreign };

bool has(sqlite::Database& database, const char* type, const char* name) {
  const auto sql = fmt::format(
      "SELECT count(*) FROM sqlite_schema WHERE type = '{}' AND name = '{}'", type, name);
  return database.integer(sql.c_str()) == 1;
}

Shape shape_of(sqlite::Database& database) {
  if (has(database, "table", "journal") && has(database, "table", "meta")) return Shape::ours;
  if (has(database, "table", "pending_updates")) return Shape::tutorial;
  return database.integer("SELECT count(*) FROM sqlite_schema") == 0 ? Shape::empty
                                                                     : Shape::foreign;
}

// Version 1 did not know which updates were sent as one: each was sent alone. What is in flight is found by its open
// request.
void add_item(sqlite::Database& database) {
  database.run(
      "ALTER TABLE pending ADD COLUMN item INTEGER;"
      "UPDATE pending SET item = seq WHERE state <> 'pending' OR next_at_us <> 0");
}

// Up to version 2 the constraint on the states was an IN list, and what was sent could have the time of what never was.
void rebuild_pending(sqlite::Database& database) {
  database.run("DROP VIEW pending_updates; ALTER TABLE pending RENAME TO pending_before");
  database.run(kPending);
  database.run(
      "INSERT INTO pending SELECT state,"
      " CASE WHEN state = 'pending' AND next_at_us = 0 AND item IS NOT NULL AND NOT EXISTS ("
      "   SELECT 1 FROM open_requests r WHERE instr(r.updates, '[' || p.seq || ',') > 0)"
      " THEN 1 ELSE next_at_us END,"
      " seq, interaction, event_time_us, attempts, revived_us, last_error, item"
      " FROM pending_before p;"
      "DROP TABLE pending_before");
  database.run(kView);
}

std::int64_t stored_version(sqlite::Database& database) {
  return database.integer("SELECT value FROM meta WHERE name = 'schema_version'");
}

void require_current(sqlite::Database& database) {
  const auto version = stored_version(database);
  if (version != kSchemaVersion) {
    throw StoreError(StoreErrorKind::schema,
                     fmt::format("the queue file has schema version {}, this cxrelay knows {}",
                                 version, kSchemaVersion));
  }
}

bool is_older(std::int64_t version) { return version >= 1 && version < kSchemaVersion; }

void upgrade(sqlite::Database& database) {
  const auto version = stored_version(database);
  if (!is_older(version)) return;
  if (version == 1) add_item(database);
  if (version <= 2) rebuild_pending(database);
  database.run(kRetention);  // version 3 kept everything
  database.run(
      fmt::format("UPDATE meta SET value = {} WHERE name = 'schema_version'", kSchemaVersion)
          .c_str());
}

void create_tables(sqlite::Database& database) {
  database.run(kTables);
  database.run(kPending);
  database.run(kRetention);
  database.run(
      fmt::format("INSERT INTO meta VALUES ('schema_version', {})", kSchemaVersion).c_str());
}

}  // namespace

void prepare_schema(sqlite::Database& database, Clock& clock, Random& random) {
  if (shape_of(database) == Shape::ours && !is_older(stored_version(database))) {
    return require_current(database);
  }
  sqlite::Transaction transaction(database);
  switch (shape_of(database)) {  // again: another process may have been first
    case Shape::ours:
      upgrade(database);
      require_current(database);
      break;
    case Shape::empty:
      create_tables(database);
      database.run(kView);
      break;
    case Shape::tutorial:
      database.run("ALTER TABLE pending_updates RENAME TO tutorial_updates");
      create_tables(database);
      import_tutorial_rows(database, clock, random);
      database.run("DROP TABLE tutorial_updates");
      database.run(kView);
      break;
    case Shape::foreign:
      throw StoreError(StoreErrorKind::schema, "the file is a database of something else");
  }
  transaction.commit();
}

}  // namespace cxrelay::queue
