#include "cxrelay/libraries.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/gzip.hpp"
#include "http/library.hpp"
#include "json/library.hpp"
#include "sqlite/database.hpp"

namespace cxrelay {

std::map<std::string, std::string> library_versions() {
  return {{"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                              FMT_VERSION % 100)},
          {"libcurl", libcurl_version()},
          {"openssl", openssl_version()},
          {"simdjson", simdjson_version()},
          {"sqlite", sqlite::library_version()},
          {"zlib", gzip_library_version()}};
}

std::string second_sqlite() { return sqlite::second_library(); }

}  // namespace cxrelay
