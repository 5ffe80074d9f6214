// The time before which a target must not be asked, kept in the queue file so that a restart does
// not forget a Retry-After. A row of `meta` for each target.
#pragma once

#include <cstdint>
#include <string_view>

#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Wall time; 0 = none. Inside a write transaction for keep_gate().
std::int64_t read_gate(sqlite::Database& database, std::string_view target);
void keep_gate(sqlite::Database& database, std::string_view target, std::int64_t until_us);

}  // namespace cxrelay::queue
