#include "event/timestamp.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

#include "event/iso_time.hpp"
#include "event/unix_time.hpp"
#include "json/number.hpp"

namespace cxrelay {
namespace {

TimestampError outcome(UnixResult result, TimestampError when_out_of_range) noexcept {
  switch (result) {
    case UnixResult::valid:
      return TimestampError::none;
    case UnixResult::year_zero:
      return TimestampError::year_zero;
    case UnixResult::out_of_range:
      break;
  }
  return when_out_of_range;
}

// Digits with an optional sign, nothing else, within 64 bit.
std::optional<std::int64_t> to_integer(std::string_view text) noexcept {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// A text counts as a decimal number only with a point in it: "1e5" is refused, "1.0e5" is not.
TimestampError from_number_text(std::string_view text, Timestamp& out) noexcept {
  if (text.find('.') != std::string_view::npos) {
    const auto number = json::to_double(text);
    return number ? outcome(unix_time(*number, out), TimestampError::text) : TimestampError::text;
  }
  const auto number = to_integer(text);
  return number ? outcome(unix_time(*number, out), TimestampError::text) : TimestampError::text;
}

}  // namespace

TimestampError parse_timestamp_text(std::string_view text, Timestamp& out) noexcept {
  switch (parse_iso_time(text, out)) {
    case IsoResult::valid:
      return TimestampError::none;
    case IsoResult::year_zero:
      return TimestampError::year_zero;
    case IsoResult::invalid:
      break;
  }
  return from_number_text(text, out);
}

TimestampError parse_timestamp(const json::Node& node, Timestamp& out) noexcept {
  if (node.kind == json::Kind::string) return parse_timestamp_text(node.text, out);
  if (node.kind == json::Kind::integer) {
    const auto number = to_integer(node.text);
    return number ? outcome(unix_time(*number, out), TimestampError::range) : TimestampError::type;
  }
  if (node.kind == json::Kind::decimal) {
    const auto number = json::to_double(node.text);
    return number ? outcome(unix_time(*number, out), TimestampError::range) : TimestampError::type;
  }
  return TimestampError::type;
}

}  // namespace cxrelay
