#include "sqlite/function.hpp"

#include <sqlite3.h>

#include "sqlite/database.hpp"
#include "sqlite/error.hpp"

namespace cxrelay::sqlite {
namespace {

using Function = std::int64_t (*)(std::string_view);

void apply(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto function = reinterpret_cast<Function>(sqlite3_user_data(context));
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  if (text == nullptr) return;  // NULL of NULL
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
  sqlite3_result_int64(context, function({text, size}));
}

}  // namespace

void add_function(Database& database, const char* name, Function function) {
  const int code = sqlite3_create_function_v2(
      database.handle(), name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
      reinterpret_cast<void*>(function), &apply, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_error(database.handle(), code, "a function cannot be added");
}

}  // namespace cxrelay::sqlite
