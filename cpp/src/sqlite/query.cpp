#include "sqlite/query.hpp"

#include <sqlite3.h>

#include <memory>

#include "cxrelay/errors.hpp"
#include "sqlite/database.hpp"
#include "sqlite/error.hpp"

namespace cxrelay::sqlite {
namespace {

// SQLite's own words for wrong SQL name what is wrong with it, and they hold nothing of the file.
[[noreturn]] void refuse(Database& database) {
  throw StoreError(StoreErrorKind::other, std::string("SQL: ") + sqlite3_errmsg(database.handle()));
}

struct Bind {
  sqlite3_stmt* statement;
  int index;

  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
  int operator()(const std::string& value) const {
    return sqlite3_bind_text64(statement, index, value.data(), value.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int operator()(const std::vector<std::byte>& value) const {
    return sqlite3_bind_blob64(statement, index, value.data(), value.size(), SQLITE_STATIC);
  }
};

Value read(sqlite3_stmt* statement, int column) {
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = sqlite3_column_text(statement, column);
      return std::string(reinterpret_cast<const char*>(text), size);
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement, column));
      return std::vector<std::byte>(bytes, bytes + size);
    }
    default:
      return std::monostate{};
  }
}

}  // namespace

std::vector<std::vector<Value>> run_query(Database& database, std::string_view sql,
                                          std::span<const Value> parameters) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()), 0, &handle,
                         nullptr) != SQLITE_OK) {
    refuse(database);
  }
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(handle,
                                                                             &sqlite3_finalize);
  if (sqlite3_bind_parameter_count(handle) != static_cast<int>(parameters.size())) {
    throw StoreError(StoreErrorKind::other, "SQL: the statement has another number of parameters");
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (std::visit(Bind{handle, static_cast<int>(i) + 1}, parameters[i]) != SQLITE_OK)
      refuse(database);
  }
  std::vector<std::vector<Value>> rows;
  for (;;) {
    const int code = sqlite3_step(handle);
    if (code == SQLITE_DONE) return rows;
    if (code != SQLITE_ROW) throw_error(database.handle(), code, "the queue file cannot be read");
    auto& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(handle); ++i) row.push_back(read(handle, i));
  }
}

}  // namespace cxrelay::sqlite
