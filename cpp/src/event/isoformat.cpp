// Writing a timestamp as Python's datetime.isoformat() does.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/units.hpp"
#include "cxrelay/event.hpp"
#include "event/timestamp.hpp"

namespace cxrelay {
namespace {

namespace chrono = std::chrono;

// "00", "01", ... "99": two digits for one division.
constexpr auto kTwoDigits = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Wide enough for "YYYY-MM-DDTHH:MM:SS.ffffff+HH:MM:SS".
class Writer {
 public:
  void put(char c) noexcept { buffer_[size_++] = c; }

  // 0 to 99.
  void put_two(std::uint32_t value) noexcept {
    std::memcpy(buffer_ + size_, kTwoDigits.data() + 2UL * value, 2);
    size_ += 2;
  }

  void put_clock(std::uint32_t seconds, bool with_seconds) noexcept {
    put_two(seconds / 3600);
    put(':');
    put_two(seconds / 60 % 60);
    if (!with_seconds) return;
    put(':');
    put_two(seconds % 60);
  }

  void put_fraction(std::uint32_t us) noexcept {
    put('.');
    put_two(us / 10'000);
    put_two(us / 100 % 100);
    put_two(us % 100);
  }

  // The years that a timestamp may have: 1 to 9999.
  void put_date(const chrono::year_month_day& date) noexcept {
    const auto year = static_cast<std::uint32_t>(static_cast<int>(date.year()));
    put_two(year / 100);
    put_two(year % 100);
    put('-');
    put_two(static_cast<unsigned>(date.month()));
    put('-');
    put_two(static_cast<unsigned>(date.day()));
  }

  void append_to(std::string& out) const { out.append(buffer_, size_); }

 private:
  char buffer_[48];
  std::size_t size_ = 0;
};

void put_offset(Writer& out, std::int32_t offset_s) noexcept {
  out.put(offset_s < 0 ? '-' : '+');
  out.put_clock(static_cast<std::uint32_t>(std::abs(offset_s)), offset_s % 60 != 0);
}

}  // namespace

void append_isoformat(std::string& out, const Timestamp& timestamp) {
  const chrono::microseconds local{timestamp.utc_us +
                                   timestamp.offset_s.value_or(0) * kUsPerSecond};
  const auto day = chrono::floor<chrono::days>(local);
  const auto in_day_us = (local - day).count();
  const auto seconds = static_cast<std::uint32_t>(in_day_us / kUsPerSecond);
  const auto fraction_us = static_cast<std::uint32_t>(in_day_us % kUsPerSecond);

  Writer text;
  text.put_date(chrono::year_month_day{chrono::sys_days{day}});
  text.put('T');
  text.put_clock(seconds, true);
  if (fraction_us != 0) text.put_fraction(fraction_us);
  if (timestamp.offset_s) put_offset(text, *timestamp.offset_s);
  text.append_to(out);
}

std::string Timestamp::isoformat() const {
  std::string out;
  append_isoformat(out, *this);
  return out;
}

}  // namespace cxrelay
