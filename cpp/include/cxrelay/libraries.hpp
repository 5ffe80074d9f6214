// Which third-party libraries this process runs with; for diagnosis.
#pragma once

#include <map>
#include <string>

namespace cxrelay {

// fmt, libcurl, openssl, simdjson, sqlite: name to version.
std::map<std::string, std::string> library_versions();

// Path of a second SQLite library in this process, or "". Two of them drop each other's locks on one file, so the
// queue file must then be opened by cxrelay only.
std::string second_sqlite();

}  // namespace cxrelay
