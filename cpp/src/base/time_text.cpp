#include "base/time_text.hpp"

#include <chrono>

namespace cxrelay {
namespace {

// Writes `value` into the `width` characters that end before `end`.
void put(char* end, std::int64_t value, int width) {
  for (int i = 0; i < width; ++i, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

}  // namespace

void append_utc(std::string& out, std::int64_t utc_us) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds(utc_us)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const std::int64_t rest = (time - day).count();
  char text[] = "0000-00-00T00:00:00.000000Z";
  put(text + 4, static_cast<int>(date.year()), 4);
  put(text + 7, static_cast<unsigned>(date.month()), 2);
  put(text + 10, static_cast<unsigned>(date.day()), 2);
  put(text + 13, rest / 3'600'000'000, 2);
  put(text + 16, rest / 60'000'000 % 60, 2);
  put(text + 19, rest / 1'000'000 % 60, 2);
  put(text + 26, rest % 1'000'000, 6);
  out.append(text, sizeof text - 1);
}

std::string utc_text(std::int64_t utc_us) {
  std::string out;
  append_utc(out, utc_us);
  return out;
}

}  // namespace cxrelay
