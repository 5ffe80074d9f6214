#include "queue/gate_row.hpp"

#include <string>

#include "queue/meta.hpp"

namespace cxrelay::queue {
namespace {

// Persisted: do not change.
std::string row_name(std::string_view target) { return "gate_until_us:" + std::string(target); }

}  // namespace

std::int64_t read_gate(sqlite::Database& database, std::string_view target) {
  return read_meta(database, row_name(target));
}

void keep_gate(sqlite::Database& database, std::string_view target, std::int64_t until_us) {
  write_meta(database, row_name(target), until_us);
}

}  // namespace cxrelay::queue
