// Numbers by name, in the table `meta`.
#pragma once

#include <cstdint>
#include <string_view>

#include "sqlite/database.hpp"

namespace cxrelay::queue {

// 0 if there is none of that name.
std::int64_t read_meta(sqlite::Database& database, std::string_view name);
// Inside a write transaction.
void write_meta(sqlite::Database& writer, std::string_view name, std::int64_t value);

}  // namespace cxrelay::queue
