#include <gtest/gtest.h>

#include <optional>

#include "http/http_date.hpp"

namespace cxrelay {
namespace {

constexpr std::int64_t kNov1994 = 784'111'777;    // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::int64_t kMay2024 = 1'715'769'000;  // Wed, 15 May 2024 10:30:00 GMT
constexpr std::int64_t kDec2099 = 4'102'444'799;  // Thu, 31 Dec 2099 23:59:59 GMT

std::optional<std::int64_t> parse(std::string_view text) { return parse_http_date(text, kMay2024); }

TEST(HttpDate, ReadsAllThreeForms) {
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), kNov1994);
  EXPECT_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT"), kNov1994);
  EXPECT_EQ(parse("Sun Nov  6 08:49:37 1994"), kNov1994);
  EXPECT_EQ(parse("Wed May 15 10:30:00 2024"), kMay2024);
  EXPECT_EQ(parse("Wed May 05 10:30:00 2024"), kMay2024 - 10 * 86'400);
}

TEST(HttpDate, ReadsEdgesOfTheCalendar) {
  EXPECT_EQ(parse("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(parse("Wed, 31 Dec 1969 23:59:59 GMT"), -1);
  EXPECT_EQ(parse("Thu, 29 Feb 2024 00:00:00 GMT"), 1'709'164'800);
  EXPECT_EQ(parse("Tue, 29 Feb 2000 00:00:00 GMT"), 951'782'400);
  EXPECT_EQ(parse("Wed, 29 Feb 2023 00:00:00 GMT"), std::nullopt);
  EXPECT_EQ(parse("Mon, 29 Feb 2100 00:00:00 GMT"), std::nullopt);
  EXPECT_EQ(parse("Fri, 31 Apr 2024 00:00:00 GMT"), std::nullopt);
  EXPECT_EQ(parse("Fri, 31 Dec 9999 23:59:59 GMT"), 253'402'300'799);
}

TEST(HttpDate, TakesALeapSecond) {
  EXPECT_EQ(parse("Sat, 31 Dec 2016 23:59:60 GMT"), parse("Sun, 01 Jan 2017 00:00:00 GMT"));
  EXPECT_EQ(parse("Sat, 31 Dec 2016 23:59:61 GMT"), std::nullopt);
}

// The name of the day is redundant; a wrong one is a sender's bug, not another date.
TEST(HttpDate, IgnoresAWrongButRealDayName) {
  EXPECT_EQ(parse("Mon, 06 Nov 1994 08:49:37 GMT"), kNov1994);
  EXPECT_EQ(parse("Xyz, 06 Nov 1994 08:49:37 GMT"), std::nullopt);
}

TEST(HttpDate, ChoosesTheYearOfTwoDigits) {
  EXPECT_EQ(parse("Wednesday, 15-May-24 10:30:00 GMT"), kMay2024);
  EXPECT_EQ(parse("Tuesday, 15-May-74 10:30:00 GMT"), parse("Tue, 15 May 2074 10:30:00 GMT"));
  EXPECT_EQ(parse("Tuesday, 15-May-74 10:30:01 GMT"), parse("Wed, 15 May 1974 10:30:01 GMT"));
  EXPECT_EQ(parse("Sunday, 16-May-74 10:30:00 GMT"), parse("Thu, 16 May 1974 10:30:00 GMT"));
  EXPECT_EQ(parse("Sunday, 01-Jan-75 00:00:00 GMT"), parse("Wed, 01 Jan 1975 00:00:00 GMT"));
  EXPECT_EQ(parse_http_date("Friday, 01-Jan-00 00:00:01 GMT", kDec2099), kDec2099 + 2);
  EXPECT_EQ(parse_http_date("Monday, 29-Feb-00 00:00:00 GMT", kDec2099), std::nullopt);
}

TEST(HttpDate, RefusesWhatIsNotExactlyADate) {
  for (const char* text : {"",
                           "Sun",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           "sun, 06 nov 1994 08:49:37 gmt",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun,06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun, 06-Nov-94 08:49:37 GMT",
                           "Sunday, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 8:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 94",
                           "Sun Nov  6 08:49:37 1994 GMT",
                           "1994-11-06T08:49:37Z",
                           "Sun, 06 Nov 19940 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 +0000",
                           "Sun, -6 Nov 1994 08:49:37 GMT"})
    EXPECT_EQ(parse(text), std::nullopt) << text;
}

}  // namespace
}  // namespace cxrelay
