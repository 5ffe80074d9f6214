#include "queue/journal.hpp"

#include <algorithm>
#include <limits>

namespace cxrelay::queue {
namespace {

void bind_text_or_null(sqlite::Statement& statement, int index, std::string_view value) {
  if (value.empty()) {
    statement.bind_null(index);
  } else {
    statement.bind(index, value);
  }
}

void bind_bytes_or_null(sqlite::Statement& statement, int index, const auto* bytes) {
  if (bytes == nullptr) {
    statement.bind_null(index);
  } else {
    statement.bind_blob(index, std::span<const std::byte>(*bytes));
  }
}

const Digest* address_of(const std::optional<Digest>& digest) {
  return digest ? &*digest : nullptr;
}

// Erasing replaces payloads and salt by digests. SQLite moves the neighbours of a row that grows and leaves copies of them
// in the page's free space, where a later erasure does not find them. So a row that would grow has its digests from the
// start; it only ever shrinks.
bool would_grow_when_erased(const NewRecord& record) {
  std::size_t digests = 0;
  if (record.original_digest) digests += record.original_digest->size();
  if (record.mapped_digest) digests += record.mapped_digest->size();
  const std::size_t salt = record.salt == nullptr ? 0 : record.salt->size();
  return digests > salt + record.original.size() + record.mapped.size();
}

}  // namespace

Journal::Journal(sqlite::Database& database)
    : head_(database, "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"),
      insert_(database,
              "INSERT INTO journal (seq, time_us, action, idempotency_key, interaction_id, "
              "event_time_us,"
              " fingerprint, mapping_version, request_id, detail, hash, salt, original_digest,"
              " mapped_digest, mapped, original)"
              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"),
      newest_(database,
              "SELECT max(event_time_us) FROM journal INDEXED BY journal_identity"
              " WHERE fingerprint IS NOT NULL"),
      find_(database,
            "SELECT seq, fingerprint FROM journal INDEXED BY journal_identity"
            " WHERE event_time_us = ?1 AND interaction_id = ?2 AND fingerprint IS NOT NULL"),
      key_(database, "SELECT idempotency_key FROM journal WHERE seq = ?1"),
      add_(database,
           "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2") {
}

void Journal::begin(std::int64_t now_us) {
  time_us_ = now_us;
  seq_ = 0;
  hash_ = {};
  newest_event_us_.reset();
  counters_ = {};
  head_.reset();
  if (head_.step()) {
    seq_ = head_.integer(0);
    const auto stored = head_.blob(1);
    std::copy_n(stored.begin(), std::min(stored.size(), hash_.size()), hash_.begin());
  }
  head_.reset();
  first_seq_ = seq_;
}

std::int64_t Journal::append(const NewRecord& record) {
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

  insert_.reset().bind(1, fields.seq).bind(2, fields.time_us).bind(3, record.action);
  bind_text_or_null(insert_, 4, record.idempotency_key);
  bind_text_or_null(insert_, 5, record.interaction_id);
  insert_.bind(6, record.event_time_us);
  bind_bytes_or_null(insert_, 7, record.fingerprint);
  bind_text_or_null(insert_, 8, record.mapping_version);
  bind_text_or_null(insert_, 9, record.request_id);
  bind_text_or_null(insert_, 10, record.detail);
  insert_.bind_blob(11, std::span<const std::byte>(hash));
  bind_bytes_or_null(insert_, 12, record.salt);
  const bool keeps_digests = would_grow_when_erased(record);
  bind_bytes_or_null(insert_, 13, keeps_digests ? address_of(record.original_digest) : nullptr);
  bind_bytes_or_null(insert_, 14, keeps_digests ? address_of(record.mapped_digest) : nullptr);
  bind_text_or_null(insert_, 15, record.mapped);
  bind_text_or_null(insert_, 16, record.original);
  insert_.run();

  seq_ = fields.seq;
  hash_ = hash;
  if (newest_event_us_ && record.fingerprint != nullptr && record.event_time_us) {
    newest_event_us_ = std::max(*newest_event_us_, *record.event_time_us);
  }
  return seq_;
}

std::optional<Journal::Known> Journal::find(std::int64_t event_time_us,
                                            std::string_view interaction_id,
                                            const Fingerprint& fingerprint) {
  if (is_newer_than_all(event_time_us)) return std::nullopt;
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

// Events mostly come in the order of their times: then one look at the index serves a whole transaction.
bool Journal::is_newer_than_all(std::int64_t event_time_us) {
  if (!newest_event_us_) {
    newest_.reset();
    const bool any = newest_.step() && !newest_.is_null(0);
    newest_event_us_ = any ? newest_.integer(0) : std::numeric_limits<std::int64_t>::min();
    newest_.reset();
  }
  return event_time_us > *newest_event_us_;
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
