#include "queue/retention_place.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "queue/meta.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {
namespace {

// Persisted: do not rename.
constexpr std::string_view kFirst = "first_seq";
constexpr std::string_view kErasedUntil = "erased_until_seq";
constexpr std::string_view kLogProbes = "log_probes";
constexpr std::string_view kDeletedDead = "deleted_dead";
// Eight bytes of the hash each.
constexpr std::array<std::string_view, 4> kFirstHash = {"first_hash_0", "first_hash_1",
                                                        "first_hash_2", "first_hash_3"};

struct NamedCounter {
  std::string_view name;
  std::int64_t Counters::*value;
};
constexpr std::array<NamedCounter, 7> kDeleted{{{"deleted_accepted", &Counters::accepted},
                                                {"deleted_empty", &Counters::empty},
                                                {"deleted_rejected", &Counters::rejected},
                                                {"deleted_completed", &Counters::completed},
                                                {"deleted_superseded", &Counters::superseded},
                                                {"deleted_requests", &Counters::requests},
                                                {"deleted_attempts", &Counters::attempts}}};

}  // namespace

RetentionPlace read_retention_place(sqlite::Database& database) {
  RetentionPlace place;
  place.first_seq = std::max<std::int64_t>(1, read_meta(database, kFirst));
  place.erased_until_seq = read_meta(database, kErasedUntil);
  place.held_up_by_seq = database.integer("SELECT min(seq) FROM kept_events");
  return place;
}

DeletedTotals read_deleted_totals(sqlite::Database& database) {
  DeletedTotals totals;
  for (const auto& [name, value] : kDeleted) totals.counters.*value = read_meta(database, name);
  totals.dead = read_meta(database, kDeletedDead);
  return totals;
}

void keep_first_hash(sqlite::Database& writer, const ChainHash& hash) {
  const auto parts = std::bit_cast<std::array<std::int64_t, kFirstHash.size()>>(hash);
  for (std::size_t i = 0; i < parts.size(); ++i) write_meta(writer, kFirstHash[i], parts[i]);
}

std::optional<ChainHash> read_first_hash(sqlite::Database& database) {
  std::array<std::int64_t, kFirstHash.size()> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = read_meta(database, kFirstHash[i]);
  const auto hash = std::bit_cast<ChainHash>(parts);
  return hash == ChainHash{} ? std::nullopt : std::optional(hash);
}

std::vector<AuditRecord> read_cut_requests(sqlite::Database& database) {
  sqlite::Statement rows(database,
                         "SELECT request_seq, request_id, detail FROM cut_requests"
                         " ORDER BY request_seq");
  std::vector<AuditRecord> out;
  while (rows.step()) {
    AuditRecord record;
    record.seq = rows.integer(0);
    record.action = "started";
    record.request_id = rows.text(1);
    record.detail = rows.text(2);
    out.push_back(std::move(record));
  }
  return out;
}

void set_erased_until(sqlite::Database& writer, std::int64_t seq) {
  write_meta(writer, kErasedUntil, seq);
}

void set_first_seq(sqlite::Database& writer, std::int64_t seq) { write_meta(writer, kFirst, seq); }

void count_log_probe(sqlite::Database& writer) {
  write_meta(writer, kLogProbes, read_meta(writer, kLogProbes) + 1);
}

void add_deleted_totals(sqlite::Database& writer, const DeletedTotals& totals) {
  for (const auto& [name, value] : kDeleted) {
    const auto added = totals.counters.*value;
    if (added != 0) write_meta(writer, name, read_meta(writer, name) + added);
  }
  if (totals.dead != 0) {
    write_meta(writer, kDeletedDead, read_meta(writer, kDeletedDead) + totals.dead);
  }
}

}  // namespace cxrelay::queue
