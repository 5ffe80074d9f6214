// Turns the inside of a JSON string into the text that it stands for.
#pragma once

#include <string_view>

#include "json/document.hpp"

namespace cxrelay::json {

// Writes to `out`, which must have room for `raw.size()` bytes, and moves it behind the text. `raw`
// is the string without its quotes and already valid UTF-8. Errors: syntax for an unknown or cut
// escape, utf8 for a lone surrogate; then `error_at` is the offset of the backslash in `raw`.
ParseError unescape(std::string_view raw, char*& out, std::size_t& error_at) noexcept;

}  // namespace cxrelay::json
