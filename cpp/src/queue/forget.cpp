#include "queue/forget.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "cxrelay/forget.hpp"
#include "json/write.hpp"
#include "queue/open_updates.hpp"
#include "queue/payload_eraser.hpp"
#include "queue/pending.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {
namespace {

constexpr std::string_view kReason = "erased by an operator";

bool any_in_flight(sqlite::Database& database, const std::vector<std::int64_t>& events) {
  for (const auto& request : read_open_requests(database)) {
    for (const auto& update : request.updates) {
      if (std::ranges::binary_search(events, update.seq)) return true;
    }
  }
  return false;
}

}  // namespace

void Erasure::look(sqlite::Database& reader) { find_events(reader); }

void Erasure::apply(sqlite::Database& writer, Journal& journal) {
  find_events(writer);
  is_in_flight_ = any_in_flight(writer, done_.events);
  if (is_in_flight_) return;
  erase_payloads(writer);
  if (done_.erased.empty()) return;
  end_updates(writer);
  append_record(journal, done_.erased);
  done_.is_recorded = true;
}

void Erasure::record(sqlite::Database& writer, Journal& journal) {
  sqlite::Statement rows(writer,
                         "SELECT seq FROM journal WHERE interaction_id = ?1 AND"
                         " action IN ('accepted', 'skipped', 'upgraded')"
                         " AND original IS NULL AND mapped IS NULL ORDER BY seq");
  rows.bind(1, interaction_id_);
  std::vector<std::int64_t> erased;
  while (rows.step()) erased.push_back(rows.integer(0));
  append_record(journal, erased);
}

// There is no index by interaction: that is what makes puts fast. Payloads are not read.
void Erasure::find_events(sqlite::Database& database) {
  const auto last = database.integer("SELECT seq FROM journal ORDER BY seq DESC LIMIT 1");
  sqlite::Statement rows(database,
                         "SELECT seq, action = 'erased' FROM journal WHERE seq > ?1 AND seq <= ?2"
                         " AND interaction_id = ?3"
                         " AND action IN ('accepted', 'skipped', 'upgraded', 'erased')"
                         " ORDER BY seq");
  rows.bind(1, looked_until_).bind(2, last).bind(3, interaction_id_);
  while (rows.step()) {
    done_.is_recorded = rows.integer(1) != 0;
    if (!done_.is_recorded) done_.events.push_back(rows.integer(0));
  }
  looked_until_ = last;
}

void Erasure::erase_payloads(sqlite::Database& writer) {
  PayloadEraser eraser(writer);
  for (const auto seq : done_.events) {
    if (eraser.erase(seq)) done_.erased.push_back(seq);
  }
}

// One pass over the table: it has no index by interaction or seq either.
void Erasure::end_updates(sqlite::Database& writer) {
  std::vector<std::tuple<std::string, std::int64_t, std::int64_t>> found;
  sqlite::Statement rows(writer,
                         "SELECT state, next_at_us, seq FROM pending WHERE interaction = ?1");
  rows.bind(1, static_cast<std::int64_t>(interaction_hash(interaction_id_)));
  while (rows.step()) {
    if (!std::ranges::binary_search(done_.erased, rows.integer(2))) continue;
    found.emplace_back(rows.text(0), rows.integer(1), rows.integer(2));
  }
  sqlite::Statement end(writer,
                        "UPDATE pending SET state = 'dead', next_at_us = 0, last_error = ?4"
                        " WHERE state = ?1 AND next_at_us = ?2 AND seq = ?3");
  for (const auto& [state, next_at_us, seq] : found) {
    end.reset().bind(1, state).bind(2, next_at_us).bind(3, seq).bind(4, kReason);
    end.run();
  }
  done_.ended = static_cast<std::int64_t>(found.size());
  // The deliverer, in whichever process it is, has them in its memory: it reads the file again.
  writer.run(
      "INSERT INTO meta VALUES ('revivals', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1");
}

void Erasure::append_record(Journal& journal, const std::vector<std::int64_t>& updates) {
  std::string detail = "{\"by\":";
  json::append_string(detail, operator_name_);
  detail += fmt::format(",\"updates\":[{}]}}", fmt::join(updates, ","));
  NewRecord record;
  record.action = "erased";
  record.interaction_id = interaction_id_;
  record.detail = detail;
  done_.record_seq = journal.append(record);
}

}  // namespace cxrelay::queue

namespace cxrelay {

// The journal first: what an export reads afterwards has no payload any more, and what one had read before is in the
// segments when its lock is free.
Forgotten forget_interaction(Queue& queue, const std::string& audit_path,
                             std::string_view interaction_id, std::string_view operator_name) {
  Forgotten forgotten;
  forgotten.journal = queue.forget(interaction_id, operator_name);
  const auto record = [&] {
    if (forgotten.journal.is_recorded) return;
    forgotten.journal.record_seq = queue.record_erasure(interaction_id, operator_name);
    forgotten.journal.is_recorded = true;
  };
  if (!audit_path.empty()) {
    forgotten.exported = erase_exported(queue.audit_source(), audit_path, interaction_id,
                                        forgotten.journal.events, record);
  }
  return forgotten;
}

}  // namespace cxrelay
