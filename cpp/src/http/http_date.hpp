// HTTP-date in its three forms (RFC 9110 section 5.6.7). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cxrelay {

// Seconds since 1970-01-01T00:00:00Z, or none if `text` is not exactly one of
//   Sun, 06 Nov 1994 08:49:37 GMT     (IMF-fixdate)
//   Sunday, 06-Nov-94 08:49:37 GMT    (RFC 850; of the years that end so, the latest one that is
//   not
//                                      more than 50 years after `now_s`)
//   Sun Nov  6 08:49:37 1994          (asctime)
// The name of the day must be a name of a day but need not be the right one: senders get it wrong,
// and the date alone says when. A leap second is the first second of the next minute.
std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now_s) noexcept;

}  // namespace cxrelay
