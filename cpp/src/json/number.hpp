// Numbers as text: the grammar of RFC 8259, and the way to a double. Documents never convert a
// number.
#pragma once

#include <optional>
#include <string_view>

#include "json/document.hpp"

namespace cxrelay::json {

// Longest run of digits before the point. Python's int() and pydantic refuse longer ones too.
inline constexpr std::size_t kMaxIntegerDigits = 4300;

// Sets `kind` to integer or decimal. Errors: syntax; not_finite for NaN, Infinity and numbers
// beyond a double's range written with a point or an exponent (an integer of any size is exact, so
// it is fine).
ParseError check_number(std::string_view token, Kind& kind) noexcept;

// The nearest double of a decimal number, infinite beyond the range. Takes more than JSON allows: a
// plus sign, leading zeros, and no digits on one side of the point. Nothing if `text` is not a
// number.
std::optional<double> to_double(std::string_view text) noexcept;

}  // namespace cxrelay::json
