// From SQLite's result codes to our errors.
#pragma once

#include <string_view>

struct sqlite3;

namespace cxrelay::sqlite {

// Throws the StoreError for the connection's last result. `what` says what was being done; the message carries
// SQLite's own words for the code, never a value or a statement's text.
[[noreturn]] void throw_error(sqlite3* handle, int code, std::string_view what);

}  // namespace cxrelay::sqlite
