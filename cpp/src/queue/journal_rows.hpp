// Records to rows of the journal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "queue/new_record.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {

// Writes rows in eights by one statement where it can: to begin and end a statement costs SQLite a fifth of a row.
class JournalRows {
 public:
  explicit JournalRows(sqlite::Database& database);

  // What the record's views and pointers lead to must stay as it is until the row is written: by write(), or by an add()
  // before.
  void add(const NewRecord& record, std::int64_t seq, std::int64_t time_us, const Digest& hash);
  // Writes what was added and is not written yet.
  void write();
  // Drops it.
  void forget() noexcept { count_ = 0; }

 private:
  struct Row {
    NewRecord record;
    std::int64_t seq = 0;
    std::int64_t time_us = 0;
    Digest hash{};
  };
  static constexpr std::size_t kTogether = 8;

  static void bind(sqlite::Statement& statement, int before, const Row& row);

  sqlite::Statement one_;
  sqlite::Statement together_;
  std::array<Row, kTogether> rows_;
  std::size_t count_ = 0;  // of rows_ that wait
};

}  // namespace cxrelay::queue
