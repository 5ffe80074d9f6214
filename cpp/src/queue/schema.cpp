#include "queue/schema.hpp"

#include <fmt/format.h>

#include "cxrelay/errors.hpp"
#include "queue/tutorial_file.hpp"

namespace cxrelay::queue {
namespace {

// journal: append-only. Narrow columns first, so that a scan for them does not touch overflow pages.
// journal_identity: time-ordered, so that a put appends at its right edge.
// pending: one narrow row an update that is not done. next_at_us 0 = never sent, claimed in the order of seq;
//   otherwise wall time before which it must not be sent, 1 = at once (0 again for dead and parked ones).
//   item: the newest update of those that it was sent with as one, itself if alone; null before it is sent.
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
  CONSTRAINT state_is_known CHECK (state IN ('pending', 'dead', 'parked'))
) STRICT, WITHOUT ROWID;
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
void upgrade_from_1(sqlite::Database& database) {
  database.run(
      "ALTER TABLE pending ADD COLUMN item INTEGER;"
      "UPDATE pending SET item = seq WHERE state <> 'pending' OR next_at_us <> 0;"
      "UPDATE meta SET value = 2 WHERE name = 'schema_version'");
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

void create_tables(sqlite::Database& database) {
  database.run(kTables);
  database.run(
      fmt::format("INSERT INTO meta VALUES ('schema_version', {})", kSchemaVersion).c_str());
}

}  // namespace

void prepare_schema(sqlite::Database& database, Clock& clock, Random& random) {
  if (shape_of(database) == Shape::ours && stored_version(database) != 1) {
    return require_current(database);
  }
  sqlite::Transaction transaction(database);
  switch (shape_of(database)) {  // again: another process may have been first
    case Shape::ours:
      if (stored_version(database) == 1) upgrade_from_1(database);
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
