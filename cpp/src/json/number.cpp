#include "json/number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/ascii.hpp"

namespace cxrelay::json {
namespace {

struct Parts {
  char sign = '\0';
  std::string_view whole;
  bool has_point = false;
  std::string_view fraction;
  bool has_exponent = false;
  std::int64_t exponent = 0;  // saturated: far out, its exact value does not matter
};

bool is_sign(char c) noexcept { return c == '+' || c == '-'; }

// Cuts the digits off the front of `rest`.
std::string_view take_digits(std::string_view& rest) noexcept {
  std::size_t size = 0;
  while (size < rest.size() && is_digit(rest[size])) ++size;
  const auto digits = rest.substr(0, size);
  rest.remove_prefix(size);
  return digits;
}

char take_sign(std::string_view& rest) noexcept {
  if (rest.empty() || !is_sign(rest[0])) return '\0';
  const char sign = rest[0];
  rest.remove_prefix(1);
  return sign;
}

std::int64_t exponent_value(std::string_view digits, char sign) noexcept {
  constexpr std::int64_t kHuge = 1'000'000'000;
  std::int64_t value = 0;
  for (const char c : digits) value = std::min(kHuge, value * 10 + (c - '0'));
  return sign == '-' ? -value : value;
}

// Sign, digits, point, digits, exponent; which of them must be there is up to the caller.
bool split(std::string_view text, Parts& out) noexcept {
  out.sign = take_sign(text);
  out.whole = take_digits(text);
  if (!text.empty() && text[0] == '.') {
    out.has_point = true;
    text.remove_prefix(1);
    out.fraction = take_digits(text);
  }
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    out.has_exponent = true;
    text.remove_prefix(1);
    const char sign = take_sign(text);
    const auto digits = take_digits(text);
    if (digits.empty()) return false;
    out.exponent = exponent_value(digits, sign);
  }
  return text.empty();
}

// The decimal exponent of the first significant digit; nothing for zero.
std::optional<std::int64_t> magnitude(const Parts& parts) noexcept {
  if (const auto at = parts.whole.find_first_not_of('0'); at != std::string_view::npos) {
    return static_cast<std::int64_t>(parts.whole.size() - at) - 1 + parts.exponent;
  }
  const auto at = parts.fraction.find_first_not_of('0');
  if (at == std::string_view::npos) return std::nullopt;
  return parts.exponent - static_cast<std::int64_t>(at) - 1;
}

double convert(std::string_view text, const Parts& parts) noexcept {
  const auto power = magnitude(parts);
  double value = 0;
  if (power && *power > 308) {
    value = std::numeric_limits<double>::infinity();
  } else if (power && *power > -326) {
    const auto digits = parts.sign == '\0' ? text : text.substr(1);
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool too_large = result.ec != std::errc{} && *power > 0;
    if (too_large) value = std::numeric_limits<double>::infinity();
  }
  return parts.sign == '-' ? -value : value;
}

bool is_not_a_number(std::string_view token) noexcept {
  return token == "NaN" || token == "Infinity" || token == "-Infinity";
}

// The parts that lenient number forms allow and RFC 8259 does not.
bool is_json(const Parts& parts) noexcept {
  if (parts.sign == '+' || parts.whole.empty()) return false;
  if (parts.whole.size() > 1 && parts.whole[0] == '0') return false;
  if (parts.has_point && parts.fraction.empty()) return false;
  return parts.whole.size() <= kMaxIntegerDigits;
}

}  // namespace

ParseError check_number(std::string_view token, Kind& kind) noexcept {
  Parts parts;
  if (!split(token, parts) || !is_json(parts)) {
    return is_not_a_number(token) ? ParseError::not_finite : ParseError::syntax;
  }
  kind = parts.has_point || parts.has_exponent ? Kind::decimal : Kind::integer;
  if (kind == Kind::integer || (!parts.has_exponent && parts.whole.size() < 300)) {
    return ParseError::none;
  }
  return std::isfinite(convert(token, parts)) ? ParseError::none : ParseError::not_finite;
}

std::optional<double> to_double(std::string_view text) noexcept {
  Parts parts;
  if (!split(text, parts) || (parts.whole.empty() && parts.fraction.empty())) return std::nullopt;
  return convert(text, parts);
}

}  // namespace cxrelay::json
