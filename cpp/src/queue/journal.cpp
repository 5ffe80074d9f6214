#include "queue/journal.hpp"

#include <algorithm>
#include <limits>

namespace cxrelay::queue {
Journal::Journal(sqlite::Database& database)
    : head_(database, "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"),
      newest_(database,
              "SELECT max(event_time_us) FROM journal INDEXED BY journal_identity"
              " WHERE fingerprint IS NOT NULL"),
      find_(database,
            "SELECT seq, fingerprint FROM journal INDEXED BY journal_identity"
            " WHERE event_time_us = ?1 AND interaction_id = ?2 AND fingerprint IS NOT NULL"),
      key_(database, "SELECT idempotency_key FROM journal WHERE seq = ?1"),
      add_(database,
           "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2"),
      rows_(database) {}

void Journal::begin(std::int64_t now_us) {
  const auto left_seq = seq_;
  const auto left_hash = hash_;
  time_us_ = now_us;
  seq_ = 0;
  hash_ = {};
  counters_ = {};
  rows_.forget();
  head_.reset();
  if (head_.step()) {
    seq_ = head_.integer(0);
    const auto stored = head_.blob(1);
    std::copy_n(stored.begin(), std::min(stored.size(), hash_.size()), hash_.begin());
  }
  head_.reset();
  first_seq_ = seq_;
  // The last hash stands for all records: if it is the one that was left here, nobody else has appended.
  if (seq_ != left_seq || hash_ != left_hash) recent_is_known_ = false;
}

std::int64_t Journal::append(const NewRecord& record) {
  append_later(record);
  rows_.write();
  return seq_;
}

std::int64_t Journal::append_later(const NewRecord& record) {
  ChainFields fields;
  fields.seq = seq_ + 1;
  fields.time_us = time_us_;
  fields.action = record.action;
  fields.idempotency_key = record.idempotency_key;
  fields.interaction_id = record.interaction_id;
  fields.event_time_us = record.event_time_us;
  fields.mapping_version = record.mapping_version;
  fields.request_id = record.request_id;
  fields.detail = record.detail;
  fields.original_digest = record.original_digest;
  fields.mapped_digest = record.mapped_digest;
  const Digest hash = chain_hash(hasher_, fields, hash_);

  rows_.add(record, fields.seq, time_us_, hash);
  seq_ = fields.seq;
  hash_ = hash;
  if (recent_is_known_ && record.fingerprint != nullptr && record.event_time_us) {
    recent_.add(*record.event_time_us, record.interaction_id);
  }
  return seq_;
}

std::optional<Journal::Known> Journal::find(std::int64_t event_time_us,
                                            std::string_view interaction_id,
                                            const Fingerprint& fingerprint) {
  if (is_surely_new(event_time_us, interaction_id)) return std::nullopt;
  rows_.write();
  find_.reset().bind(1, event_time_us).bind(2, interaction_id);
  std::optional<Known> known;
  while (find_.step()) {
    const bool same = std::ranges::equal(find_.blob(1), fingerprint);
    if (!known || same) known = Known{find_.integer(0), same};
    if (same) break;
  }
  find_.reset();
  return known;
}

// Then the index need not be looked at, and rows that may be written later can wait.
bool Journal::is_surely_new(std::int64_t event_time_us, std::string_view interaction_id) {
  if (!recent_is_known_) {
    rows_.write();
    recent_.restart(newest_event_us());
    recent_is_known_ = true;
  }
  return !recent_.maybe_stored(event_time_us, interaction_id);
}

// Of all that is stored; the smallest number if there is none.
std::int64_t Journal::newest_event_us() {
  newest_.reset();
  const bool any = newest_.step() && !newest_.is_null(0);
  const auto newest_us = any ? newest_.integer(0) : std::numeric_limits<std::int64_t>::min();
  newest_.reset();
  return newest_us;
}

std::string Journal::key_of(std::int64_t seq) {
  key_.reset().bind(1, seq);
  std::string key(key_.step() ? key_.text(0) : std::string_view{});
  key_.reset();
  return key;
}

void Journal::add_counter(std::string_view name, std::int64_t delta) {
  if (delta == 0) return;
  add_.reset().bind(1, name).bind(2, delta);
  add_.run();
}

void Journal::finish() {
  add_counter("accepted", counters_.accepted);
  add_counter("empty", counters_.empty);
  add_counter("rejected", counters_.rejected);
  add_counter("completed", counters_.completed);
  add_counter("superseded", counters_.superseded);
  add_counter("requests", counters_.requests);
  add_counter("attempts", counters_.attempts);
  counters_ = {};
}

}  // namespace cxrelay::queue
