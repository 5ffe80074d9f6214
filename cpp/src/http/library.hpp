// Which libcurl is linked.
#pragma once

#include <string>

namespace cxrelay {

std::string libcurl_version();  // e.g. "7.88.1"

}  // namespace cxrelay
