// Times as text for records: RFC 3339 in UTC with microseconds.
#pragma once

#include <cstdint>
#include <string>

namespace cxrelay {

// The years 1 to 9999, which is what the text has room for.
inline constexpr std::int64_t kFirstUtcUs = -62'135'596'800'000'000;
inline constexpr std::int64_t kLastUtcUs = 253'402'300'799'999'999;

// "2024-05-15T10:30:00.000000Z"; for times from kFirstUtcUs to kLastUtcUs.
void append_utc(std::string& out, std::int64_t utc_us);
std::string utc_text(std::int64_t utc_us);

}  // namespace cxrelay
