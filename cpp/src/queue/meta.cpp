#include "queue/meta.hpp"

#include "sqlite/statement.hpp"

namespace cxrelay::queue {

std::int64_t read_meta(sqlite::Database& database, std::string_view name) {
  sqlite::Statement row(database, "SELECT value FROM meta WHERE name = ?1");
  row.bind(1, name);
  return row.step() ? row.integer(0) : 0;
}

void write_meta(sqlite::Database& writer, std::string_view name, std::int64_t value) {
  sqlite::Statement row(
      writer, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2");
  row.bind(1, name).bind(2, value).run();
}

}  // namespace cxrelay::queue
