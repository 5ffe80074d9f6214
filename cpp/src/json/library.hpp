// Which simdjson is linked.
#pragma once

#include <string>

namespace cxrelay {

std::string simdjson_version();  // e.g. "3.0.1"

}  // namespace cxrelay
