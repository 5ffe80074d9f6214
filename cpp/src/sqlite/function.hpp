// A function of ours for SQL statements.
#pragma once

#include <cstdint>
#include <string_view>

namespace cxrelay::sqlite {

class Database;

// Makes `function` known to the connection as `name(text)`; its value depends on the text alone. It is not for views and
// triggers of the file, which others write. Throws StoreError.
void add_function(Database& database, const char* name, std::int64_t (*function)(std::string_view));

}  // namespace cxrelay::sqlite
