// Numbers as points in time: seconds since the epoch, or milliseconds when the number is too large
// for that.
#pragma once

#include <cstdint>

#include "cxrelay/event.hpp"

namespace cxrelay {

enum class UnixResult { valid, out_of_range, year_zero };

// Up to 2e10 in size the number counts seconds (until the year 2603), beyond it milliseconds. The
// result has the offset 0 and lies in the years 1 to 9999. Both forms give what pydantic 2 gives.
UnixResult unix_time(std::int64_t number, Timestamp& out) noexcept;
UnixResult unix_time(double number, Timestamp& out) noexcept;

}  // namespace cxrelay
