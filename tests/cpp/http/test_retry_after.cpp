#include <gtest/gtest.h>

#include <optional>

#include "http/retry_after.hpp"

namespace cxrelay {
namespace {

constexpr std::int64_t kNowUs = 1'715'769'000'000'000;  // Wed, 15 May 2024 10:30:00 GMT

std::optional<std::int64_t> waits_ms(std::string_view value) {
  return parse_retry_after(value, kNowUs);
}

TEST(RetryAfter, TakesSeconds) {
  EXPECT_EQ(waits_ms("0"), 0);
  EXPECT_EQ(waits_ms("1"), 1'000);
  EXPECT_EQ(waits_ms("007"), 7'000);
  EXPECT_EQ(waits_ms("120"), 120'000);
  EXPECT_EQ(waits_ms("3600"), 3'600'000);
  EXPECT_EQ(waits_ms(" \t120 "), 120'000);
}

TEST(RetryAfter, TakesEachFormOfDate) {
  EXPECT_EQ(waits_ms("Wed, 15 May 2024 10:30:10 GMT"), 10'000);
  EXPECT_EQ(waits_ms("Wednesday, 15-May-24 10:30:10 GMT"), 10'000);
  EXPECT_EQ(waits_ms("Wed May 15 10:30:10 2024"), 10'000);
  EXPECT_EQ(waits_ms(" Wed, 15 May 2024 10:30:10 GMT\t"), 10'000);
}

TEST(RetryAfter, NeverWaitsLessThanUntilTheDate) {
  EXPECT_EQ(parse_retry_after("Wed, 15 May 2024 10:30:01 GMT", kNowUs + 1), 1'000);
  EXPECT_EQ(parse_retry_after("Wed, 15 May 2024 10:30:01 GMT", kNowUs + 999'999), 1);
}

TEST(RetryAfter, CountsThePastAsNow) {
  EXPECT_EQ(waits_ms("Wed, 15 May 2024 10:30:00 GMT"), 0);
  EXPECT_EQ(waits_ms("Wed, 15 May 2024 10:29:59 GMT"), 0);
  EXPECT_EQ(waits_ms("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(waits_ms("Thu, 01 Jan 0000 00:00:00 GMT"), 0);
}

TEST(RetryAfter, IsCapped) {
  EXPECT_EQ(waits_ms("3601"), 3'600'000);
  EXPECT_EQ(waits_ms("99999999999999999999999999"), 3'600'000);
  EXPECT_EQ(waits_ms(std::string(10'000, '9')), 3'600'000);
  EXPECT_EQ(waits_ms("Fri, 31 Dec 9999 23:59:59 GMT"), 3'600'000);
  EXPECT_EQ(parse_retry_after("120", kNowUs, 60'000), 60'000);
  EXPECT_EQ(parse_retry_after("Wed, 15 May 2024 10:32:00 GMT", kNowUs, 60'000), 60'000);
}

TEST(RetryAfter, CountsTheMalformedAsAbsent) {
  for (const char* value :
       {"", " ", "-1", "+1", "1.5", "1,5", "1e3", "0x10", "10 s", "10s", "soon", "1 2", "\xd9\xa1",
        "Wed, 15 May 2024 10:30:10", "2024-05-15T10:30:10Z", "Thu, 30 Feb 2024 00:00:00 GMT"})
    EXPECT_EQ(waits_ms(value), std::nullopt) << value;
  EXPECT_EQ(waits_ms(std::string_view("1\0", 2)), std::nullopt);
}

}  // namespace
}  // namespace cxrelay
