// Writing a timestamp as Python's datetime.isoformat() does.
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "cxrelay/event.hpp"
#include "event/timestamp.hpp"

namespace cxrelay {
namespace {

namespace chrono = std::chrono;

// Wide enough for "YYYY-MM-DDTHH:MM:SS.ffffff+HH:MM:SS".
class Writer {
 public:
  void put(char c) noexcept { buffer_[size_++] = c; }

  void put_number(std::int64_t value, std::size_t width) noexcept {
    for (std::size_t i = width; i > 0; --i) {
      buffer_[size_ + i - 1] = static_cast<char>('0' + value % 10);
      value /= 10;
    }
    size_ += width;
  }

  void put_clock(std::int64_t seconds, bool with_seconds) noexcept {
    put_number(seconds / 3600, 2);
    put(':');
    put_number(seconds / 60 % 60, 2);
    if (!with_seconds) return;
    put(':');
    put_number(seconds % 60, 2);
  }

  void put_date(const chrono::year_month_day& date) noexcept {
    put_number(static_cast<int>(date.year()), 4);
    put('-');
    put_number(static_cast<unsigned>(date.month()), 2);
    put('-');
    put_number(static_cast<unsigned>(date.day()), 2);
  }

  void append_to(std::string& out) const { out.append(buffer_, size_); }

 private:
  char buffer_[48];
  std::size_t size_ = 0;
};

void put_offset(Writer& out, std::int32_t offset_s) noexcept {
  out.put(offset_s < 0 ? '-' : '+');
  out.put_clock(std::abs(offset_s), offset_s % 60 != 0);
}

}  // namespace

void append_isoformat(std::string& out, const Timestamp& timestamp) {
  const chrono::microseconds local{timestamp.utc_us + timestamp.offset_s.value_or(0) * 1'000'000LL};
  const auto day = chrono::floor<chrono::days>(local);
  const auto in_day = local - day;
  const auto seconds = chrono::floor<chrono::seconds>(in_day);
  const auto fraction_us = (in_day - seconds).count();

  Writer text;
  text.put_date(chrono::year_month_day{chrono::sys_days{day}});
  text.put('T');
  text.put_clock(seconds.count(), true);
  if (fraction_us != 0) {
    text.put('.');
    text.put_number(fraction_us, 6);
  }
  if (timestamp.offset_s) put_offset(text, *timestamp.offset_s);
  text.append_to(out);
}

std::string Timestamp::isoformat() const {
  std::string out;
  append_isoformat(out, *this);
  return out;
}

}  // namespace cxrelay
