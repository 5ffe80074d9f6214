// Which URLs may be asked, and how a value becomes part of a path. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cxrelay/http.hpp"  // url_allowed

namespace cxrelay {

// `value` as one path segment (RFC 3986): everything but unreserved characters is percent-encoded,
// and so are the dots of "." and "..", which would otherwise climb in the path.
std::string encode_path_segment(std::string_view value);

// The same for any text: only letters, digits, '-', '.', '_' and '~' stay as they are.
std::string percent_encode(std::string_view value);

}  // namespace cxrelay
