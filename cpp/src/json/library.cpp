#include "json/library.hpp"

#include <simdjson.h>

namespace cxrelay {

// simdjson is asked for its header's version: its shared library has no function that tells.
std::string simdjson_version() {
  return std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." +
         std::to_string(simdjson::SIMDJSON_VERSION_MINOR) + "." +
         std::to_string(simdjson::SIMDJSON_VERSION_REVISION);
}

}  // namespace cxrelay
