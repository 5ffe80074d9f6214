// Appending JSON to a string. Output is compact: no whitespace.
#pragma once

#include <string>
#include <string_view>

#include "json/document.hpp"

namespace cxrelay::json {

// Appends `utf8` as a JSON string with quotes; escapes only what RFC 8259 demands. `utf8` must be
// valid UTF-8.
void append_string(std::string& out, std::string_view utf8);

// Appends `json` without the whitespace between its tokens. `json` must be valid.
void append_minified(std::string& out, std::string_view json);

// Appends the value of `node` spelled one way, so that texts with and without escapes give the same:
// strings as append_string() writes them, numbers digit by digit as they came, members in their
// order, no whitespace.
void append_value(std::string& out, const Document& document, const Node& node);

}  // namespace cxrelay::json
