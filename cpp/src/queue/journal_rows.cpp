#include "queue/journal_rows.hpp"

#include <span>
#include <string>
#include <utility>

namespace cxrelay::queue {
namespace {

constexpr int kJournalColumns = 16;

std::string insert_of(std::size_t rows) {
  std::string sql =
      "INSERT INTO journal (seq, time_us, action, idempotency_key, interaction_id, event_time_us,"
      " fingerprint, mapping_version, request_id, detail, hash, salt, original_digest,"
      " mapped_digest, mapped, original) VALUES ";
  for (std::size_t row = 0; row < rows; ++row) {
    sql += row == 0 ? "(?" : ",(?";
    for (int column = 1; column < kJournalColumns; ++column) sql += ",?";
    sql += ')';
  }
  return sql;
}

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

JournalRows::JournalRows(sqlite::Database& database)
    : one_(database, insert_of(1)), together_(database, insert_of(kTogether)) {}

void JournalRows::add(const NewRecord& record, std::int64_t seq, std::int64_t time_us,
                      const Digest& hash) {
  rows_[count_++] = {record, seq, time_us, hash};
  if (count_ == kTogether) write();
}

void JournalRows::write() {
  const std::size_t count = std::exchange(count_, 0);
  const std::span<const Row> rows(rows_.data(), count);
  if (count == kTogether) {
    together_.reset();
    for (std::size_t i = 0; i < count; ++i)
      bind(together_, static_cast<int>(i) * kJournalColumns, rows[i]);
    together_.run();
    return;
  }
  for (const Row& row : rows) {
    bind(one_.reset(), 0, row);
    one_.run();
  }
}

// `before`: parameters of the rows before it.
void JournalRows::bind(sqlite::Statement& statement, int before, const Row& row) {
  const NewRecord& record = row.record;
  statement.bind(before + 1, row.seq).bind(before + 2, row.time_us).bind(before + 3, record.action);
  bind_text_or_null(statement, before + 4, record.idempotency_key);
  bind_text_or_null(statement, before + 5, record.interaction_id);
  statement.bind(before + 6, record.event_time_us);
  bind_bytes_or_null(statement, before + 7, record.fingerprint);
  bind_text_or_null(statement, before + 8, record.mapping_version);
  bind_text_or_null(statement, before + 9, record.request_id);
  bind_text_or_null(statement, before + 10, record.detail);
  statement.bind_blob(before + 11, std::span<const std::byte>(row.hash));
  bind_bytes_or_null(statement, before + 12, record.salt);
  const bool keeps_digests = would_grow_when_erased(record);
  bind_bytes_or_null(statement, before + 13,
                     keeps_digests ? address_of(record.original_digest) : nullptr);
  bind_bytes_or_null(statement, before + 14,
                     keeps_digests ? address_of(record.mapped_digest) : nullptr);
  bind_text_or_null(statement, before + 15, record.mapped);
  bind_text_or_null(statement, before + 16, record.original);
}

}  // namespace cxrelay::queue
