// The `timestamp` field: every form that pydantic 2 takes for a `datetime` in JSON.
#pragma once

#include <string>
#include <string_view>

#include "cxrelay/event.hpp"
#include "json/document.hpp"

namespace cxrelay {

enum class TimestampError {
  none,
  type,       // neither a text nor a number, or an integer beyond 64 bit
  text,       // a text in none of the forms
  range,      // a number outside of the years 0 to 9999
  year_zero,  // a date in the year 0, whatever its form
};

TimestampError parse_timestamp(const json::Node& node, Timestamp& out) noexcept;

// A date and time, or a number written as text.
TimestampError parse_timestamp_text(std::string_view text, Timestamp& out) noexcept;

// Appends what Timestamp::isoformat() returns.
void append_isoformat(std::string& out, const Timestamp& timestamp);

}  // namespace cxrelay
