#include "queue/retention.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "queue/meta.hpp"
#include "queue/payload_eraser.hpp"
#include "queue/pending.hpp"
#include "queue/queries.hpp"
#include "queue/replay.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {
namespace {

// Payloads or details of one transaction; a row that is bigger goes alone.
constexpr std::size_t kStepBytes = 1 << 20;
// A log that is longer than any ordinary commit makes it cannot start again: somebody reads. Half of 64 MiB.
constexpr int kMostLogPages = 8192;
constexpr auto kLongestPause = std::chrono::milliseconds(20);

// Rows in their order. The columns come before the payloads, which are looked at and not read.
constexpr const char* kRows =
    "SELECT seq, time_us, action IN ('accepted', 'skipped', 'upgraded') AND NOT"
    " (original IS NULL AND mapped IS NULL AND"
    "  (original_digest IS NOT NULL OR mapped_digest IS NOT NULL)), interaction_id"
    " FROM journal WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3";
constexpr const char* kHasPayload =
    "SELECT 1 FROM journal WHERE seq = ?1 AND (original IS NOT NULL OR mapped IS NOT NULL)";
constexpr const char* kLast = "SELECT seq FROM journal ORDER BY seq DESC LIMIT 1";

// Interactions with updates that are not done. A dead one that an operator erased is done: nobody revives it.
constexpr const char* kFresh =
    "SELECT interaction FROM pending WHERE state = 'pending' AND next_at_us = 0 AND seq <= ?1";
constexpr const char* kTried =
    "SELECT interaction FROM pending WHERE state = 'pending' AND next_at_us > 0";
constexpr const char* kParked = "SELECT interaction FROM pending WHERE state = 'parked'";
constexpr const char* kDead =
    "SELECT p.interaction FROM pending p JOIN journal j ON j.seq = p.seq WHERE p.state = 'dead'"
    " AND NOT (j.mapped IS NULL AND j.mapped_digest IS NOT NULL)";

constexpr const char* kRemoveRows = "DELETE FROM journal WHERE seq >= ?1 AND seq < ?2";
constexpr const char* kRemoveDead =
    "DELETE FROM pending WHERE state = 'dead' AND next_at_us = 0 AND seq >= ?1 AND seq < ?2";

constexpr std::array kStatements{kRows, kHasPayload, kLast,       kFresh, kTried,
                                 kDead, kRemoveRows, kRemoveDead, kParked};

// Ends also if something is thrown in it.
class Snapshot {
 public:
  explicit Snapshot(sqlite::Database& reader) : reader_(reader) { reader_.run("BEGIN"); }
  ~Snapshot() {
    try {
      reader_.run("ROLLBACK");  // nothing was written
    } catch (const StoreError&) {
      // It ended by itself.
    }
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  sqlite::Database& reader_;
};

// Requests of which the end is after the records that are replayed.
class OpenRequests {
 public:
  explicit OpenRequests(std::vector<AuditRecord> open) : open_(std::move(open)) {}

  void add(const AuditRecord& record) {
    if (record.action == "started") open_.push_back(record);
    if (record.action != "finished") return;
    std::erase_if(
        open_, [&](const AuditRecord& started) { return started.request_id == record.request_id; });
  }
  void store(sqlite::Database& writer) const {
    writer.run("DELETE FROM cut_requests");
    sqlite::Statement insert(writer, "INSERT INTO cut_requests VALUES (?1, ?2, ?3)");
    for (const AuditRecord& started : open_) {
      insert.reset().bind(1, started.seq).bind(2, started.request_id).bind(3, started.detail);
      insert.run();
    }
  }

 private:
  std::vector<AuditRecord> open_;
};

}  // namespace

std::span<const char* const> retention_statements() { return kStatements; }

// ---- looking --------------------------------------------------------------------------------------------

void Retention::look(sqlite::Database& reader) {
  const Snapshot snapshot(reader);
  const auto place = read_retention_place(reader);
  tell(place);
  last_seq_ = reader.integer(kLast);
  mark_ =
      limits_.exported_only ? std::min(read_meta(reader, "exported_seq"), last_seq_) : last_seq_;
  const auto rows = std::min<std::size_t>(limits_.max_rows, static_cast<std::size_t>(last_seq_));
  horizon_ = limits_.dry_run
                 ? mark_
                 : std::min(mark_, place.erased_until_seq + static_cast<std::int64_t>(rows));
  done_.end = end_at(place.erased_until_seq);
  const auto next = read_rows(reader, place.erased_until_seq, place.erased_until_seq + 1);
  if (!next.empty() && next.front().is_young) done_.end = RetentionEnd::age;
  const bool has_old = place.erased_until_seq < horizon_ && !next.empty() && !next.front().is_young;
  if (has_old || place.held_up_by_seq != 0) {
    read_needed(reader);
    read_freed(reader);
  }
  if (limits_.dry_run) return count_only(reader, place);
  phase_ = !freed_.empty()                            ? Phase::freed
           : has_old                                  ? Phase::erase
           : removable_until(place) > place.first_seq ? Phase::remove
                                                      : Phase::done;
}

std::vector<Retention::Row> Retention::read_rows(sqlite::Database& database, std::int64_t after,
                                                 std::int64_t until) {
  sqlite::Statement rows(database, kRows);
  rows.bind(1, after).bind(2, until).bind(3, static_cast<std::int64_t>(kStepRows));
  std::vector<Row> out;
  while (rows.step()) {
    Row row;
    row.seq = rows.integer(0);
    row.is_young = rows.integer(1) >= old_before_us_;
    row.has_payload = rows.integer(2) != 0;
    row.interaction = interaction_hash(rows.text(3));
    out.push_back(row);
  }
  return out;
}

void Retention::read_needed(sqlite::Database& reader) {
  for (const char* sql : {kFresh, kTried, kParked, kDead}) {
    sqlite::Statement rows(reader, sql);
    if (sql == kFresh) rows.bind(1, horizon_);
    while (rows.step()) needed_.insert(static_cast<std::uint64_t>(rows.integer(0)));
  }
}

void Retention::read_freed(sqlite::Database& reader) {
  sqlite::Statement rows(reader, "SELECT seq, interaction FROM kept_events ORDER BY seq DESC");
  while (rows.step()) {
    if (!is_needed(static_cast<std::uint64_t>(rows.integer(1)))) freed_.push_back(rows.integer(0));
  }
}

// Reads what calls without limits would pass.
void Retention::count_only(sqlite::Database& reader, RetentionPlace place) {
  sqlite::Statement has_payload(reader, kHasPayload);
  for (const auto seq : freed_) {
    done_.erased += has_payload.reset().bind(1, seq).step() ? 1 : 0;
  }
  const auto is_freed = [&](std::int64_t seq) {
    return std::ranges::binary_search(freed_, seq, std::greater<>());
  };
  if (is_freed(place.held_up_by_seq)) {
    sqlite::Statement kept(reader, "SELECT seq FROM kept_events ORDER BY seq");
    place.held_up_by_seq = 0;
    while (kept.step() && place.held_up_by_seq == 0) {
      if (!is_freed(kept.integer(0))) place.held_up_by_seq = kept.integer(0);
    }
  }
  bool is_over = false;
  while (!is_over) {
    const auto rows = read_rows(reader, place.erased_until_seq, horizon_);
    if (rows.empty()) break;
    for (const Row& row : rows) {
      is_over = row.is_young;
      if (is_over) break;
      const bool keeps = row.has_payload && is_needed(row.interaction);
      if (keeps && place.held_up_by_seq == 0) place.held_up_by_seq = row.seq;
      done_.erased += row.has_payload && !keeps ? 1 : 0;
      place.erased_until_seq = row.seq;
    }
  }
  done_.end = is_over ? RetentionEnd::age : end_at(horizon_);
  done_.deleted = std::max<std::int64_t>(0, removable_until(place) - place.first_seq);
  place.first_seq += done_.deleted;
  tell(place);
}

std::int64_t Retention::removable_until(const RetentionPlace& place) const {
  const auto first_payload = place.held_up_by_seq != 0
                                 ? std::min(place.held_up_by_seq, place.erased_until_seq + 1)
                                 : place.erased_until_seq + 1;
  return first_payload - moat_rows_;
}

RetentionEnd Retention::end_at(std::int64_t seq) const {
  if (seq < horizon_) return done_.end;
  if (horizon_ < mark_) return RetentionEnd::limit;
  return mark_ < last_seq_ ? RetentionEnd::export_mark : RetentionEnd::age;
}

void Retention::tell(const RetentionPlace& place) {
  done_.first_seq = place.first_seq;
  done_.erased_until_seq = place.erased_until_seq;
  done_.held_up_by_seq = place.held_up_by_seq;
}

// ---- working --------------------------------------------------------------------------------------------

void Retention::run(Clock& clock, const std::function<void()>& commit_step) {
  using std::chrono::steady_clock;
  const auto until_us = clock.mono_us() + limits_.max_ms * 1000;
  while (!is_done()) {
    if (clock.mono_us() >= until_us) {
      done_.end = RetentionEnd::limit;
      return;
    }
    const auto begin = steady_clock::now();
    commit_step();
    if (!problem_.empty()) {
      throw StoreError(StoreErrorKind::corrupt, "retention deletes nothing: " + problem_);
    }
    if (is_done()) return;
    const auto took = steady_clock::now() - begin;
    std::this_thread::sleep_for(std::min<steady_clock::duration>(took, kLongestPause));
  }
}

void Retention::step(sqlite::Database& writer) {
  if (writer.log_pages() > kMostLogPages) return relieve_log(writer);
  relief_ = LogRelief::none;
  switch (phase_) {
    case Phase::freed:
      erase_freed(writer);
      break;
    case Phase::erase:
      erase_old(writer);
      break;
    case Phase::remove:
      remove_old(writer);
      break;
    case Phase::done:
      break;
  }
  tell(read_retention_place(writer));
}

// Whoever kept the log long may be gone, and nobody have written since: it is copied back, and then a small commit
// shows whether it starts again.
void Retention::relieve_log(sqlite::Database& writer) {
  if (relief_ == LogRelief::none) {
    relief_ = LogRelief::copy_back;
  } else if (relief_ == LogRelief::copy_back) {
    relief_ = LogRelief::start_again;
    count_log_probe(writer);
  } else {
    done_.end = RetentionEnd::log;
    phase_ = Phase::done;
  }
}

void Retention::committed(sqlite::Database& writer) {
  if (relief_ != LogRelief::copy_back) return;
  try {
    writer.checkpoint();
  } catch (const StoreError&) {
    // The log stays as it is, and the next step sees that.
  }
}

void Retention::erase_freed(sqlite::Database& writer) {
  PayloadEraser eraser(writer);
  sqlite::Statement free(writer, "DELETE FROM kept_events WHERE seq = ?1");
  std::size_t bytes = 0;
  for (std::size_t rows = 0; rows < kStepRows && bytes < kStepBytes && !freed_.empty(); ++rows) {
    const auto erased = eraser.erase(freed_.back());
    bytes += erased.value_or(0);
    done_.erased += erased ? 1 : 0;
    free.reset().bind(1, freed_.back()).run();
    freed_.pop_back();
  }
  if (freed_.empty()) phase_ = Phase::erase;
}

void Retention::erase_old(sqlite::Database& writer) {
  PayloadEraser eraser(writer);
  sqlite::Statement keep(writer, "INSERT OR IGNORE INTO kept_events VALUES (?1, ?2)");
  const auto begin = read_retention_place(writer).erased_until_seq;  // others may do the same
  const auto rows = read_rows(writer, begin, horizon_);
  auto until = begin;
  bool is_over = false;
  std::size_t bytes = 0;
  for (const Row& row : rows) {
    is_over = row.is_young;
    if (is_over || bytes >= kStepBytes) break;
    if (row.has_payload && is_needed(row.interaction)) {
      keep.reset().bind(1, row.seq).bind(2, static_cast<std::int64_t>(row.interaction)).run();
    } else if (row.has_payload) {
      const auto erased = eraser.erase(row.seq);
      bytes += erased.value_or(0);
      done_.erased += erased ? 1 : 0;
    }
    until = row.seq;
  }
  if (until > begin) set_erased_until(writer, until);
  if (!is_over && until < horizon_ && !rows.empty()) return;
  done_.end = is_over ? RetentionEnd::age : end_at(horizon_);
  phase_ = Phase::remove;
}

void Retention::remove_old(sqlite::Database& writer) {
  const auto place = read_retention_place(writer);
  const auto until = removable_until(place);
  auto next = place.first_seq;
  if (next < until) {
    next = remove_rows(writer, next, std::min(until, next + static_cast<std::int64_t>(kStepRows)));
  }
  if (next >= until) {
    phase_ = Phase::done;
  } else if (done_.deleted >= static_cast<std::int64_t>(limits_.max_rows)) {
    done_.end = RetentionEnd::limit;
    phase_ = Phase::done;
  }
}

// What check needs to know of the rows is carried over: what they add to the counters, and which requests they began.
std::int64_t Retention::remove_rows(sqlite::Database& writer, std::int64_t first_seq,
                                    std::int64_t until) {
  const auto records =
      read_journal(writer, first_seq - 1, static_cast<std::size_t>(until - first_seq));
  auto cut = read_cut_requests(writer);
  Replay replay(first_seq);
  for (const auto& started : cut) replay.add(started);
  OpenRequests open(std::move(cut));
  std::size_t bytes = 0;
  auto next = first_seq;
  for (const auto& record : records) {
    if (bytes >= kStepBytes) break;
    replay.add(record);
    open.add(record);
    bytes += record.detail.size();
    next = record.seq + 1;
  }
  if (!replay.problems().empty()) {
    problem_ = replay.problems().front();
    phase_ = Phase::done;
    return first_seq;
  }
  if (first_seq == 1 && !records.empty()) keep_first_hash(writer, records.front().hash);
  sqlite::Statement dead(writer, kRemoveDead);
  const auto before = writer.changes();
  dead.bind(1, first_seq).bind(2, next).run();
  add_deleted_totals(writer, {replay.counters(), writer.changes() - before});
  sqlite::Statement rows(writer, kRemoveRows);
  rows.bind(1, first_seq).bind(2, next).run();
  open.store(writer);
  set_first_seq(writer, next);
  done_.deleted += next - first_seq;
  return next;
}

}  // namespace cxrelay::queue
