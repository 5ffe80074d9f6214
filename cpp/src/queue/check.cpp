#include "queue/check.hpp"

#include <fmt/format.h>

#include <string>
#include <unordered_set>

#include "audit/chain.hpp"
#include "queue/meta.hpp"
#include "queue/open_updates.hpp"
#include "queue/queries.hpp"
#include "queue/replay.hpp"
#include "queue/retention_place.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {
namespace {

constexpr std::size_t kPage = 1000;
constexpr std::size_t kMaxProblems = 20;

void report(CheckResult& result, std::string problem) {
  result.ok = false;
  if (result.problems.size() < kMaxProblems) result.problems.push_back(std::move(problem));
}

std::unordered_set<std::int64_t> read_kept_events(sqlite::Database& database) {
  sqlite::Statement rows(database, "SELECT seq FROM kept_events");
  std::unordered_set<std::int64_t> kept;
  while (rows.step()) kept.insert(rows.integer(0));
  return kept;
}

// The first record that retention has left is taken as it is: the chain goes on from its hash.
void replay_journal(sqlite::Database& database, const RetentionPlace& place, Replay& replay,
                    CheckResult& result) {
  const auto first_seq = place.first_seq;
  const auto kept = read_kept_events(database);
  Sha256 hasher;
  Digest previous{};
  std::int64_t last = first_seq - 1;
  for (;;) {
    const auto records = read_journal(database, last, kPage);
    if (records.empty()) return;
    for (const auto& record : records) {
      if (record.seq != last + 1) report(result, fmt::format("record {} is missing", last + 1));
      const bool is_anchor = first_seq > 1 && record.seq == first_seq;
      if (!is_anchor && chain_hash(hasher, record, previous) != record.hash) {
        report(result, fmt::format("record {} does not match its hash", record.seq));
      }
      const bool has_payload = record.original || record.mapped;
      if (has_payload && record.seq <= place.erased_until_seq && !kept.contains(record.seq)) {
        report(result, fmt::format("record {} has payloads that nobody needs", record.seq));
      }
      previous = record.hash;
      last = record.seq;
      replay.add(record);
      ++result.records;
    }
  }
}

bool is_done(State state) { return state == State::completed || state == State::superseded; }

void compare_rows(sqlite::Database& database, std::int64_t first_seq, const Replay& replay,
                  CheckResult& result) {
  std::unordered_set<std::int64_t> in_flight;
  for (const auto& request : read_open_requests(database)) {
    for (const auto& update : request.updates) in_flight.insert(update.seq);
  }
  std::size_t waiting = 0;
  for (const auto& [seq, update] : replay.updates()) {
    if (seq < first_seq) {
      if (!is_done(update.state) && update.state != State::dead) {
        report(result, fmt::format("update {}: its record was deleted, but it is not done", seq));
      }
      continue;
    }
    if (!is_done(update.state)) ++waiting;
    if ((update.state == State::in_flight) != in_flight.contains(seq)) {
      report(result,
             fmt::format("update {}: journal and open requests disagree on in flight", seq));
    }
  }
  sqlite::Statement rows(database, "SELECT state, seq, attempts FROM pending");
  std::size_t stored = 0;
  for (; rows.step(); ++stored) {
    const auto seq = rows.integer(1);
    const auto found = replay.updates().find(seq);
    if (found == replay.updates().end() || seq < first_seq) {
      report(result, fmt::format("update {} waits, but the journal does not know it", seq));
      continue;
    }
    const State state =
        found->second.state == State::in_flight ? State::pending : found->second.state;
    if (rows.text(0) != to_text(state)) {
      report(result, fmt::format("update {} is stored as {}, the journal says {}", seq,
                                 rows.text(0), to_text(state)));
    }
    if (rows.integer(2) != found->second.attempts) {
      report(result, fmt::format("update {} has {} attempts stored, {} in the journal", seq,
                                 rows.integer(2), found->second.attempts));
    }
  }
  if (stored != waiting) {
    report(result,
           fmt::format("{} updates are stored as not done, {} in the journal", stored, waiting));
  }
}

void compare_counters(sqlite::Database& database, const Counters& counters, CheckResult& result) {
  const auto deleted = read_deleted_totals(database);
  const std::pair<const char*, std::int64_t> expected[] = {
      {"accepted", counters.accepted + deleted.counters.accepted},
      {"empty", counters.empty + deleted.counters.empty},
      {"completed", counters.completed + deleted.counters.completed},
      {"superseded", counters.superseded + deleted.counters.superseded},
      {"requests", counters.requests + deleted.counters.requests},
      {"attempts", counters.attempts + deleted.counters.attempts},
  };
  for (const auto& [name, value] : expected) {
    const auto stored = read_meta(database, name);
    if (stored != value) {
      report(result, fmt::format("counter {} is {}, the journal says {}", name, stored, value));
    }
  }
  // Above the rate limit rejects are counted and not recorded one by one.
  if (read_meta(database, "rejected") < counters.rejected + deleted.counters.rejected) {
    report(result, "counter rejected is lower than the journal says");
  }
  const auto open = read_meta(database, "accepted") - read_meta(database, "empty") -
                    read_meta(database, "completed") - read_meta(database, "superseded");
  const auto stored = database.integer("SELECT count(*) FROM pending") + deleted.dead;
  if (open != stored) {
    report(result,
           fmt::format("{} updates are not done by the counters, {} are stored", open, stored));
  }
}

}  // namespace

CheckResult check_queue(sqlite::Database& database) {
  CheckResult result;
  database.run("BEGIN");  // one snapshot
  const auto integrity = database.text("PRAGMA quick_check(1)");
  if (integrity != "ok") report(result, "SQLite finds the file damaged: " + integrity);
  const auto place = read_retention_place(database);
  Replay replay(place.first_seq);
  for (const auto& started : read_cut_requests(database)) replay.add(started);
  replay_journal(database, place, replay, result);
  for (const auto& problem : replay.problems()) report(result, problem);
  compare_rows(database, place.first_seq, replay, result);
  compare_counters(database, replay.counters(), result);
  database.run("COMMIT");
  return result;
}

}  // namespace cxrelay::queue
