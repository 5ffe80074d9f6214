#include "http/http_date.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/ascii.hpp"

namespace cxrelay {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// Reads a text from left to right; after the first mismatch every further step fails too.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Reader& literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
    return *this;
  }

  // Exactly `digits` digits; with `padded`, a blank may stand for the first one.
  Reader& number(std::size_t digits, int& out, bool padded = false) {
    if (rest_.size() < digits) return fail();
    out = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = rest_[i];
      if (padded && i == 0 && c == ' ') continue;
      if (!is_digit(c)) return fail();
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return *this;
  }

  Reader& month(int& out) {
    const auto found = std::ranges::find(kMonths, rest_.substr(0, 3));
    if (found == kMonths.end()) return fail();
    out = static_cast<int>(found - kMonths.begin()) + 1;
    rest_.remove_prefix(3);
    return *this;
  }

  Reader& day_name(bool whole) {
    for (const std::string_view day : kDays) {
      const std::string_view name = whole ? day : day.substr(0, 3);
      if (rest_.starts_with(name)) return literal(name);
    }
    return fail();
  }

  Reader& time(Fields& out) {
    return number(2, out.hour)
        .literal(":")
        .number(2, out.minute)
        .literal(":")
        .number(2, out.second);
  }

  bool done() const { return ok_ && rest_.empty(); }

 private:
  Reader& fail() {
    ok_ = false;
    rest_ = {};
    return *this;
  }

  std::string_view rest_;
  bool ok_ = true;
};

bool read_imf_fixdate(std::string_view text, Fields& out) {
  Reader reader(text);
  reader.day_name(false).literal(", ").number(2, out.day).literal(" ").month(out.month);
  reader.literal(" ").number(4, out.year).literal(" ").time(out).literal(" GMT");
  return reader.done();
}

bool read_rfc850(std::string_view text, Fields& out) {
  Reader reader(text);
  reader.day_name(true).literal(", ").number(2, out.day).literal("-").month(out.month);
  reader.literal("-").number(2, out.year).literal(" ").time(out).literal(" GMT");
  return reader.done();
}

bool read_asctime(std::string_view text, Fields& out) {
  Reader reader(text);
  reader.day_name(false).literal(" ").month(out.month).literal(" ").number(2, out.day, true);
  reader.literal(" ").time(out).literal(" ").number(4, out.year);
  return reader.done();
}

std::chrono::year_month_day date_of(const Fields& fields) {
  return {std::chrono::year(fields.year), std::chrono::month(static_cast<unsigned>(fields.month)),
          std::chrono::day(static_cast<unsigned>(fields.day))};
}

std::optional<std::int64_t> seconds_of(const Fields& fields) {
  const std::chrono::year_month_day date = date_of(fields);
  if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60)
    return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + fields.hour) * 60 + fields.minute) * 60 + fields.second;
}

// The full year for a two-digit one: see parse_http_date().
int full_year(Fields fields, std::int64_t now_s) {
  const std::chrono::sys_seconds now{std::chrono::seconds(now_s)};
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(today);
  const int last = static_cast<int>(date.year()) + 50;
  const int candidate = last - ((last - fields.year) % 100 + 100) % 100;
  if (candidate != last) return candidate;
  // In the 50th year from now the day and the time decide.
  const auto order = [](unsigned month, unsigned day, std::int64_t second) {
    return (static_cast<std::int64_t>(month) * 32 + day) * 86'400 + second;
  };
  const std::int64_t then =
      order(static_cast<unsigned>(fields.month), static_cast<unsigned>(fields.day),
            (fields.hour * 60 + fields.minute) * 60 + fields.second);
  const std::int64_t limit = order(static_cast<unsigned>(date.month()),
                                   static_cast<unsigned>(date.day()), (now - today).count());
  return then > limit ? candidate - 100 : candidate;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now_s) noexcept {
  Fields fields;
  if (read_imf_fixdate(text, fields) || read_asctime(text, fields)) return seconds_of(fields);
  if (!read_rfc850(text, fields)) return std::nullopt;
  fields.year = full_year(fields, now_s);
  return seconds_of(fields);
}

}  // namespace cxrelay
