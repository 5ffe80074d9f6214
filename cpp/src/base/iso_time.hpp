// Reading back the times that we, Python and the tutorial's code wrote as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cxrelay {

// Microseconds UTC of what Python's datetime.isoformat() and utc_text() write; a text without an offset counts
// as UTC. None for anything else.
std::optional<std::int64_t> parse_iso_us(std::string_view text);

}  // namespace cxrelay
