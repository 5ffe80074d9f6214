#include <gtest/gtest.h>

#include "base/iso_time.hpp"
#include "base/time_text.hpp"
#include "sample_times.hpp"

namespace cxrelay {
namespace {

using testing::kMay15Us;

TEST(IsoTimeTest, ReadsBackWhatIsWritten) {
  for (const std::int64_t time :
       {std::int64_t{0}, std::int64_t{-1}, kMay15Us + 123'456, kFirstUtcUs, kLastUtcUs}) {
    EXPECT_EQ(parse_iso_us(utc_text(time)), time);
  }
}

TEST(IsoTimeTest, ReadsPythonsIsoformat) {
  EXPECT_EQ(parse_iso_us("2024-05-15T10:30:00"), kMay15Us);
  EXPECT_EQ(parse_iso_us("2024-05-15 10:30:00"), kMay15Us);
  EXPECT_EQ(parse_iso_us("2024-05-15T10:30:00+00:00"), kMay15Us);
  EXPECT_EQ(parse_iso_us("2024-05-15T12:30:00+02:00"), kMay15Us);
  EXPECT_EQ(parse_iso_us("2024-05-15T05:00:00-05:30"), kMay15Us);
  EXPECT_EQ(parse_iso_us("2024-05-15T10:29:59-00:00:01"), kMay15Us);
  EXPECT_EQ(parse_iso_us("2024-05-15T10:30:00.000123+00:00"), kMay15Us + 123);
  EXPECT_EQ(parse_iso_us("2024-05-15T10:30:00.5Z"), kMay15Us + 500'000);
}

TEST(IsoTimeTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2024",
                           "2024-05-15",
                           "2024-05-15T",
                           "2024-05-15T10:30",
                           "2024-05-15T10:30:00X",
                           "2024-05-15T10:30:00Z ",
                           "2024-05-15T10:30:00.Z",
                           "2024-05-15T10:30:00.1234567Z",
                           "2024-02-30T10:30:00Z",
                           "2023-02-29T10:30:00Z",
                           "2024-13-01T10:30:00Z",
                           "0000-01-01T00:00:00Z",
                           "2024-05-15T24:00:00Z",
                           "2024-05-15T10:60:00Z",
                           "2024-05-15T10:30:60Z",
                           "2024-05-15T10:30:00+2",
                           "2024-05-15T10:30:00+24:00",
                           "2024-05-15T10:30:00+02:00Z",
                           "2024-5-15T10:30:00Z",
                           "2024-05-15t10:30:00Z",
                           "-024-05-15T10:30:00Z",
                           "2024-05-1:T10:30:00Z"}) {
    EXPECT_EQ(parse_iso_us(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cxrelay
