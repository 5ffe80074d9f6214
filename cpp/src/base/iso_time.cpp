#include "base/iso_time.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/ascii.hpp"

namespace cxrelay {
namespace {

// Steps over `count` digits.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Steps over "12:30:59", the seconds left out or not if they are `optional_seconds`.
std::optional<std::int64_t> take_time_s(std::string_view& text, bool optional_seconds) {
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute) return std::nullopt;
  std::optional<int> second = 0;
  if (take(text, ':')) {
    second = take_number(text, 2);
  } else if (!optional_seconds) {
    return std::nullopt;
  }
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return *hour * 3600 + *minute * 60 + *second;
}

// Steps over ".5" to ".123456"; nothing there is zero.
std::optional<std::int64_t> take_fraction_us(std::string_view& text) {
  if (!take(text, '.')) return 0;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits < 1 || digits > 6) return std::nullopt;
  std::int64_t value = *take_number(text, digits);
  for (std::size_t i = digits; i < 6; ++i) value *= 10;
  return value;
}

// Steps over "Z", "+02:00" or "-05:30:15"; nothing there is UTC.
std::optional<std::int64_t> take_offset_s(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const bool is_west = take(text, '-');
  if (!is_west && !take(text, '+')) return std::nullopt;
  const auto offset = take_time_s(text, true);
  if (!offset) return std::nullopt;
  return is_west ? -*offset : *offset;
}

// Days since 1970-01-01 of "2024-05-15".
std::optional<std::int64_t> take_days(std::string_view& text) {
  using namespace std::chrono;
  const auto y = take_number(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto m = take_number(text, 2);
  if (!m || !take(text, '-')) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                            day{static_cast<unsigned>(*d)}};
  if (*y < 1 || !date.ok()) return std::nullopt;
  return sys_days{date}.time_since_epoch().count();
}

}  // namespace

std::optional<std::int64_t> parse_iso_us(std::string_view text) {
  const auto days = take_days(text);
  if (!days || (!take(text, 'T') && !take(text, ' '))) return std::nullopt;
  const auto seconds = take_time_s(text, false);
  const auto fraction_us = seconds ? take_fraction_us(text) : std::nullopt;
  const auto offset_s = fraction_us ? take_offset_s(text) : std::nullopt;
  if (!offset_s || !text.empty()) return std::nullopt;
  return (*days * 86'400 + *seconds - *offset_s) * 1'000'000 + *fraction_us;
}

}  // namespace cxrelay
