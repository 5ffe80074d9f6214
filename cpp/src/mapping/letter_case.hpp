// Upper and lower case exactly as Python's str.upper() and str.lower(), one-to-many mappings and
// the final sigma included. The Unicode version is named in case_tables.inc.
#pragma once

#include <string>
#include <string_view>

namespace cxrelay::mapping {

// Append the converted `text` (valid UTF-8) to `out`; `text` must not point into `out`.
void append_upper(std::string& out, std::string_view text);
void append_lower(std::string& out, std::string_view text);

}  // namespace cxrelay::mapping
