#include "event/iso_time.hpp"

#include <chrono>
#include <cstdint>

namespace cxrelay {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

// Reads a text from the front. Each `take` leaves the text as it was when it does not match.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  bool done() const noexcept { return rest_.empty(); }

  bool take(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool take_one_of(std::string_view characters) noexcept {
    if (rest_.empty() || characters.find(rest_[0]) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `width` digits.
  bool take_number(std::size_t width, int& out) noexcept {
    if (rest_.size() < width) return false;
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (!is_digit(rest_[i])) return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(width);
    out = value;
    return true;
  }

  bool take_digit(int& out) noexcept { return take_number(1, out); }

 private:
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

  std::string_view rest_;
};

bool read_date(Reader& in, std::chrono::year_month_day& out) noexcept {
  int year = 0;
  int month = 0;
  int day = 0;
  const bool matches = in.take_number(4, year) && in.take("-") && in.take_number(2, month) &&
                       in.take("-") && in.take_number(2, day);
  if (!matches) return false;
  out = std::chrono::year{year} / month / day;
  return out.ok();
}

// The fraction of a second in microseconds; at least one digit must follow the point.
bool read_fraction(Reader& in, std::int64_t& out) noexcept {
  int digit = 0;
  if (!in.take_digit(digit)) return false;
  std::int64_t unit = kSecond / 10;
  do {
    out += digit * unit;
    unit /= 10;
  } while (in.take_digit(digit));
  return true;
}

bool read_clock(Reader& in, std::int64_t& out) noexcept {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t fraction = 0;
  if (!in.take_number(2, hour) || !in.take(":") || !in.take_number(2, minute)) return false;
  if (in.take(":")) {
    if (!in.take_number(2, second)) return false;
    if (in.take_one_of(".,") && !read_fraction(in, fraction)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  out = (hour * 3600 + minute * 60 + second) * kSecond + fraction;
  return true;
}

bool read_offset(Reader& in, std::optional<std::int32_t>& out) noexcept {
  if (in.done()) return true;
  if (in.take_one_of("Zz")) {
    out = 0;
    return true;
  }
  const bool negative = in.take("-") || in.take("\u2212");
  if (!negative && !in.take("+")) return false;
  int hours = 0;
  int minutes = 0;
  if (!in.take_number(2, hours)) return false;
  in.take(":");
  if (!in.take_number(2, minutes) || hours > 23 || minutes > 59) return false;
  const int seconds = hours * 3600 + minutes * 60;
  out = negative ? -seconds : seconds;
  return true;
}

}  // namespace

IsoResult parse_iso_time(std::string_view text, Timestamp& out) noexcept {
  Reader in(text);
  std::chrono::year_month_day date{};
  if (!read_date(in, date)) return IsoResult::invalid;
  std::int64_t clock_us = 0;
  std::optional<std::int32_t> offset_s;
  if (!in.done()) {
    if (!in.take_one_of("Tt _") || !read_clock(in, clock_us)) return IsoResult::invalid;
    if (!read_offset(in, offset_s) || !in.done()) return IsoResult::invalid;
  }
  if (date.year() == std::chrono::year{0}) return IsoResult::year_zero;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  out.utc_us = days * 86'400 * kSecond + clock_us - offset_s.value_or(0) * kSecond;
  out.offset_s = offset_s;
  return IsoResult::valid;
}

}  // namespace cxrelay
