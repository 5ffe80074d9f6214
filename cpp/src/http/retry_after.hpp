// The Retry-After header (RFC 9110 section 10.2.3). Pure: the caller says what time it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cxrelay {

inline constexpr std::int64_t kRetryAfterCapMs = 3'600'000;

// How long to wait, in milliseconds from `now_wall_us`: at least 0 (a date in the past) and at most
// `cap_ms`. Takes seconds and the three forms of HTTP-date. None for anything else (a sign, a
// fraction, an empty value): a malformed header counts as absent.
std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_wall_us,
                                              std::int64_t cap_ms = kRetryAfterCapMs) noexcept;

}  // namespace cxrelay
