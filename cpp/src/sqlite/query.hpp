// One SQL statement with parameters, for people who look into a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cxrelay::sqlite {

class Database;

// NULL, INTEGER, REAL, TEXT, BLOB.
using Value =
    std::variant<std::monostate, std::int64_t, double, std::string, std::vector<std::byte>>;

// All rows of the statement. Throws StoreError, also for wrong SQL and for a wrong number of parameters.
std::vector<std::vector<Value>> run_query(Database& database, std::string_view sql,
                                          std::span<const Value> parameters);

}  // namespace cxrelay::sqlite
