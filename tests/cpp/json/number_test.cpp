#include "json/number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace cxrelay::json {
namespace {

TEST(ToDouble, TakesMoreFormsThanJson) {
  EXPECT_EQ(to_double("1.5"), 1.5);
  EXPECT_EQ(to_double("+1.5"), 1.5);
  EXPECT_EQ(to_double("-.5"), -0.5);
  EXPECT_EQ(to_double("5."), 5.0);
  EXPECT_EQ(to_double("007.50e1"), 75.0);
  EXPECT_TRUE(std::signbit(*to_double("-0.0")));
}

TEST(ToDouble, RefusesWhatIsNoNumber) {
  for (const char* text :
       {"", ".", "-", "+-1.0", "1e", "1.5e+", "1.5x", "nan", "inf", "0x1p3", " 1", "e5"}) {
    EXPECT_FALSE(to_double(text)) << text;
  }
}

TEST(ToDouble, SaturatesOutsideOfTheRange) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(to_double("1e400"), infinity);
  EXPECT_EQ(to_double("-1.8e308"), -infinity);
  EXPECT_EQ(to_double("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(to_double("1e-400"), 0.0);
  EXPECT_EQ(to_double("1e-324"), 0.0);
  EXPECT_EQ(to_double("5e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(to_double("0." + std::string(400, '0') + "1"), 0.0);
}

}  // namespace
}  // namespace cxrelay::json
