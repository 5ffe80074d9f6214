// ISO 8601 / RFC 3339 date and time texts, in the forms that pydantic 2 takes for a `datetime`.
#pragma once

#include <optional>
#include <string_view>

#include "cxrelay/event.hpp"

namespace cxrelay {

enum class IsoResult { valid, invalid, year_zero };

// YYYY-MM-DD, alone or followed by one of "Tt _", HH:MM, then optionally :SS, a fraction after "."
// or "," (digits beyond the sixth are cut off), and an offset: Z, z, +HH:MM, +HHMM, likewise with
// "-" or U+2212. The whole text must match. Year 0 is well formed, but a Python datetime cannot
// hold it.
IsoResult parse_iso_time(std::string_view text, Timestamp& out) noexcept;

}  // namespace cxrelay
