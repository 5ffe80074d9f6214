// Finds where a refused text goes wrong. Only for error messages, so it is simple rather than fast.
#pragma once

#include <cstddef>
#include <string_view>

namespace cxrelay::json {

// The offset of the first byte that is not part of valid UTF-8; the size of `text` if all is valid.
std::size_t find_invalid_utf8(std::string_view text) noexcept;

// The offset of the first control character inside a string, or of the quote that opens an unclosed
// string; the size of `text` if there is neither.
std::size_t find_broken_string(std::string_view text) noexcept;

}  // namespace cxrelay::json
