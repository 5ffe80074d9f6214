// A prepared statement, kept for reuse.
//
//   auto& q = insert.reset();          // ready for new values
//   q.bind(1, seq).bind(2, text);
//   while (q.step()) use(q.integer(0), q.text(1));
//
// Bound views must live until the next reset().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace cxrelay::sqlite {

class Database;

class Statement {
 public:
  Statement(Database& database, std::string_view sql);  // throws StoreError
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& reset();
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view value);
  Statement& bind_blob(int index, std::span<const std::byte> value);
  Statement& bind_blob(int index, std::string_view value);
  Statement& bind_null(int index);
  Statement& bind(int index, const std::optional<std::int64_t>& value);

  // True when a row is ready; false at the end. Throws StoreError.
  bool step();
  // Runs a statement that gives no rows, and resets it.
  void run();

  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  // valid until the next step or reset
  std::span<const std::byte> blob(int column) const;
  bool is_null(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace cxrelay::sqlite
