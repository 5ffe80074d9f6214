#include "event/iso_time.hpp"

#include <chrono>
#include <cstdint>

#include "base/ascii.hpp"
#include "base/short_text.hpp"
#include "base/units.hpp"

namespace cxrelay {
namespace {

// Two-digit numbers at fixed places of a text that is long enough. Any other character is
// remembered, so that a whole form costs one check at its end.
class Digits {
 public:
  explicit Digits(const char* text) noexcept : text_(text) {}

  int two(std::size_t at) noexcept {
    const unsigned tens = static_cast<unsigned char>(text_[at]) - unsigned{'0'};
    const unsigned ones = static_cast<unsigned char>(text_[at + 1]) - unsigned{'0'};
    bad_ = bad_ || tens > 9 || ones > 9;
    return static_cast<int>(tens * 10 + ones);
  }

  void expect(std::size_t at, char c) noexcept { bad_ = bad_ || text_[at] != c; }
  bool ok() const noexcept { return !bad_; }

 private:
  const char* text_;
  bool bad_ = false;
};

// Reads a text from the front. Each `take` leaves the text as it was when it does not match.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  bool done() const noexcept { return rest_.empty(); }

  bool take(char expected) noexcept {
    if (rest_.empty() || rest_[0] != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool take_digit(int& out) noexcept {
    if (rest_.empty() || !is_digit(rest_[0])) return false;
    out = rest_[0] - '0';
    rest_.remove_prefix(1);
    return true;
  }

  // The next `size` characters, or nullptr if there are fewer.
  const char* take_front(std::size_t size) noexcept {
    if (rest_.size() < size) return nullptr;
    const char* front = rest_.data();
    rest_.remove_prefix(size);
    return front;
  }

 private:
  std::string_view rest_;
};

// YYYY-MM-DD
bool read_date(Reader& in, std::chrono::year_month_day& out) noexcept {
  const char* text = in.take_front(10);
  if (text == nullptr) return false;
  Digits digits(text);
  const int year = 100 * digits.two(0) + digits.two(2);
  digits.expect(4, '-');
  const int month = digits.two(5);
  digits.expect(7, '-');
  const int day = digits.two(8);
  if (!digits.ok()) return false;
  out = std::chrono::year{year} / month / day;
  return out.ok();
}

bool read_separator(Reader& in) noexcept {
  return in.take('T') || in.take('t') || in.take(' ') || in.take('_');
}

// The fraction of a second in microseconds; at least one digit must follow the point.
bool read_fraction(Reader& in, std::int64_t& out) noexcept {
  int digit = 0;
  if (!in.take_digit(digit)) return false;
  std::int64_t unit = kUsPerSecond / 10;
  do {
    out += digit * unit;
    unit /= 10;
  } while (in.take_digit(digit));
  return true;
}

// SS and maybe a fraction, both in microseconds.
bool read_seconds(Reader& in, std::int64_t& out) noexcept {
  const char* text = in.take_front(2);
  if (text == nullptr) return false;
  Digits digits(text);
  const int second = digits.two(0);
  if (!digits.ok() || second > 59) return false;
  out += second * kUsPerSecond;
  return !(in.take('.') || in.take(',')) || read_fraction(in, out);
}

// HH:MM and maybe seconds.
bool read_clock(Reader& in, std::int64_t& out) noexcept {
  const char* text = in.take_front(5);
  if (text == nullptr) return false;
  Digits digits(text);
  const int hour = digits.two(0);
  digits.expect(2, ':');
  const int minute = digits.two(3);
  if (!digits.ok() || hour > 23 || minute > 59) return false;
  out = (hour * 3600 + minute * 60) * kUsPerSecond;
  return !in.take(':') || read_seconds(in, out);
}

bool read_two_digits(Reader& in, int& out) noexcept {
  const char* text = in.take_front(2);
  if (text == nullptr) return false;
  Digits digits(text);
  out = digits.two(0);
  return digits.ok();
}

bool read_offset(Reader& in, std::optional<std::int32_t>& out) noexcept {
  if (in.done()) return true;
  if (in.take('Z') || in.take('z')) {
    out = 0;
    return true;
  }
  const bool negative = in.take('-') || in.take("\u2212");
  if (!negative && !in.take('+')) return false;
  int hours = 0;
  int minutes = 0;
  if (!read_two_digits(in, hours)) return false;
  in.take(':');
  if (!read_two_digits(in, minutes) || hours > 23 || minutes > 59) return false;
  const int seconds = hours * 3600 + minutes * 60;
  out = negative ? -seconds : seconds;
  return true;
}

struct Parts {
  std::chrono::year_month_day date;
  std::int64_t clock_us = 0;
  std::optional<std::int32_t> offset_s;
};

bool read_any(Reader in, Parts& out) noexcept {
  if (!read_date(in, out.date)) return false;
  if (in.done()) return true;
  return read_separator(in) && read_clock(in, out.clock_us) && read_offset(in, out.offset_s) &&
         in.done();
}

// Eight characters of a form in which a zero stands for any digit: pair(n) is the number that the
// characters n and n + 1 make.
class EightCharacters {
 public:
  EightCharacters(const char* text, const char* form) noexcept {
    const auto pattern = load_word<std::uint64_t>(form);
    const auto digits = in_range(pattern, '0', '0') / 0x80 * 0xFF;
    values_ = load_word<std::uint64_t>(text) ^ pattern;
    const auto above_nine = values_ | (values_ + every_byte(0x80 - 10));
    is_good_ = ((above_nine & every_byte(0x80)) | (values_ & ~digits)) == 0;
    values_ = values_ * 10 + (values_ >> 8);
  }

  bool ok() const noexcept { return is_good_; }
  int pair(unsigned at) const noexcept { return static_cast<int>(values_ >> (8 * at) & 0xFF); }

 private:
  std::uint64_t values_ = 0;
  bool is_good_ = false;
};

// YYYY-MM-DDTHH:MM:SSZ, which most senders write, in three steps.
bool read_usual(std::string_view text, Parts& out) noexcept {
  if (text.size() != 20 || text[19] != 'Z') return false;
  const EightCharacters begin(text.data(), "0000-00-");
  const EightCharacters middle(text.data() + 8, "00T00:00");
  const EightCharacters end(text.data() + 11, "00:00:00");
  if (!begin.ok() || !middle.ok() || !end.ok()) return false;
  const int hour = end.pair(0);
  const int minute = end.pair(3);
  const int second = end.pair(6);
  out.date =
      std::chrono::year{100 * begin.pair(0) + begin.pair(2)} / begin.pair(5) / middle.pair(0);
  out.clock_us = (hour * 3600 + minute * 60 + second) * kUsPerSecond;
  out.offset_s = 0;
  return out.date.ok() && hour < 24 && minute < 60 && second < 60;
}

}  // namespace

IsoResult parse_iso_time(std::string_view text, Timestamp& out) noexcept {
  Parts parts;
  if (!read_usual(text, parts)) {
    parts = {};
    if (!read_any(Reader(text), parts)) return IsoResult::invalid;
  }
  if (parts.date.year() == std::chrono::year{0}) return IsoResult::year_zero;
  const std::int64_t days = std::chrono::sys_days(parts.date).time_since_epoch().count();
  out.utc_us =
      days * 86'400 * kUsPerSecond + parts.clock_us - parts.offset_s.value_or(0) * kUsPerSecond;
  out.offset_s = parts.offset_s;
  return IsoResult::valid;
}

}  // namespace cxrelay
