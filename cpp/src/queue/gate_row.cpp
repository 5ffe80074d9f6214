#include "queue/gate_row.hpp"

#include <string>

#include "queue/queries.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {
namespace {

// Persisted: do not change.
std::string row_name(std::string_view target) { return "gate_until_us:" + std::string(target); }

}  // namespace

std::int64_t read_gate(sqlite::Database& database, std::string_view target) {
  return read_meta(database, row_name(target));
}

void keep_gate(sqlite::Database& database, std::string_view target, std::int64_t until_us) {
  sqlite::Statement set(
      database, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2");
  const std::string name = row_name(target);  // must live as long as it is bound
  set.bind(1, name).bind(2, until_us);
  set.run();
}

}  // namespace cxrelay::queue
