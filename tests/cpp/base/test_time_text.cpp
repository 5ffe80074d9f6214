#include <gtest/gtest.h>

#include "base/time_text.hpp"
#include "sample_times.hpp"

namespace cxrelay {
namespace {

using testing::kMay15Us;

TEST(UtcTextTest, HasMicrosecondsAndZ) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(utc_text(kMay15Us + 1), "2024-05-15T10:30:00.000001Z");
  EXPECT_EQ(utc_text(kMay15Us - 1), "2024-05-15T10:29:59.999999Z");
  EXPECT_EQ(utc_text(951'782'400'000'000), "2000-02-29T00:00:00.000000Z");
}

TEST(UtcTextTest, BeforeTheEpochAndAtTheEnds) {
  EXPECT_EQ(utc_text(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(utc_text(kFirstUtcUs), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(utc_text(kLastUtcUs), "9999-12-31T23:59:59.999999Z");
}

TEST(UtcTextTest, Appends) {
  std::string out = "at ";
  append_utc(out, 0);
  EXPECT_EQ(out, "at 1970-01-01T00:00:00.000000Z");
}

}  // namespace
}  // namespace cxrelay
