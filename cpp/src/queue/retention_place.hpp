// How far retention has come, and what the file remembers of the records that it deleted: rows of `meta`, and the tables
// `kept_events` and `cut_requests`.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cxrelay/audit.hpp"
#include "queue/journal.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

struct RetentionPlace {
  std::int64_t first_seq = 1;  // the journal begins with this record
  std::int64_t erased_until_seq =
      0;  // its events up to here have no payloads, but those in `kept_events`
  std::int64_t held_up_by_seq = 0;  // the first of those; 0 = none
};
RetentionPlace read_retention_place(sqlite::Database& database);

// What the deleted records add to the counters.
struct DeletedTotals {
  Counters counters;
  std::int64_t dead = 0;  // updates that were erased by an operator: dead for good
};
DeletedTotals read_deleted_totals(sqlite::Database& database);

// The deleted "started" records whose "finished" records are still there.
std::vector<AuditRecord> read_cut_requests(sqlite::Database& database);

// Inside a write transaction.
void set_erased_until(sqlite::Database& writer, std::int64_t seq);
void set_first_seq(sqlite::Database& writer, std::int64_t seq);
// Keeps what tells this journal from others, before record 1 is deleted.
void keep_first_hash(sqlite::Database& writer, const ChainHash& hash);
// None if record 1 was not deleted.
std::optional<ChainHash> read_first_hash(sqlite::Database& database);
// A number that nobody reads, for a commit that is sure to write: SQLite leaves a row alone that stays the same.
void count_log_probe(sqlite::Database& writer);
void add_deleted_totals(sqlite::Database& writer, const DeletedTotals& totals);

}  // namespace cxrelay::queue
