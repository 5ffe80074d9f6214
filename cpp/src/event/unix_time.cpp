#include "event/unix_time.hpp"

#include <cmath>

namespace cxrelay {
namespace {

constexpr std::int64_t kLargestSeconds = 20'000'000'000;

constexpr std::int64_t kYear0Ms = -62'167'219'200'000;
constexpr std::int64_t kYear1Ms = -62'135'596'800'000;
constexpr std::int64_t kYear10000Ms = 253'402'300'800'000;

// `number` is whole and in the unit of `unit_us` microseconds; `fraction_us` lies between 0 and one
// unit.
UnixResult finish(std::int64_t number, std::int64_t unit_us, std::int64_t fraction_us,
                  Timestamp& out) noexcept {
  const std::int64_t us = number * unit_us + fraction_us;
  if (us < kYear1Ms * 1000) return UnixResult::year_zero;
  out.utc_us = us;
  out.offset_s = 0;
  return UnixResult::valid;
}

}  // namespace

UnixResult unix_time(std::int64_t number, Timestamp& out) noexcept {
  if (number >= -kLargestSeconds && number <= kLargestSeconds) {
    return finish(number, 1'000'000, 0, out);
  }
  if (number < kYear0Ms || number >= kYear10000Ms) return UnixResult::out_of_range;
  return finish(number, 1000, 0, out);
}

// The fraction is rounded by itself, half up, as pydantic does: rounding the product would differ
// by one.
UnixResult unix_time(double number, Timestamp& out) noexcept {
  const bool is_seconds = std::abs(number) <= static_cast<double>(kLargestSeconds);
  const double whole = std::floor(number);
  const bool in_range =
      whole >= static_cast<double>(kYear0Ms) && whole < static_cast<double>(kYear10000Ms);
  if (!in_range) return UnixResult::out_of_range;
  const std::int64_t unit_us = is_seconds ? 1'000'000 : 1000;
  const double fraction_us = std::round((number - whole) * static_cast<double>(unit_us));
  return finish(static_cast<std::int64_t>(whole), unit_us, static_cast<std::int64_t>(fraction_us),
                out);
}

}  // namespace cxrelay
