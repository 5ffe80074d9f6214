#include "http/retry_after.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/units.hpp"
#include "http/http_date.hpp"

namespace cxrelay {
namespace {

// Stops counting at the cap, so that no number of digits overflows.
std::int64_t delta_ms(std::string_view digits, std::int64_t cap_ms) {
  std::int64_t seconds = 0;
  for (const char c : digits) {
    seconds = seconds * 10 + (c - '0');
    if (seconds > cap_ms / 1000) return cap_ms;
  }
  return seconds * 1000;
}

}  // namespace

std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_wall_us,
                                              std::int64_t cap_ms) noexcept {
  value = trimmed(value);
  if (value.empty()) return std::nullopt;
  if (std::ranges::all_of(value, is_digit)) return delta_ms(value, cap_ms);
  const auto date_s = parse_http_date(value, now_wall_us / kUsPerSecond);
  if (!date_s) return std::nullopt;
  const std::int64_t wait_us = *date_s * kUsPerSecond - now_wall_us;
  return std::clamp<std::int64_t>((wait_us + 999) / 1000, 0, cap_ms);
}

}  // namespace cxrelay
