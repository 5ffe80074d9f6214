// HMAC-SHA-256 against the vectors of RFC 4231.
#include <gtest/gtest.h>

#include <string>

#include "base/hmac.hpp"

namespace cxrelay::testing {
namespace {

std::string hmac(std::string_view key, std::string_view message) {
  return to_hex(HmacSha256(key).of(message));
}

TEST(Hmac, FitsTheVectorsOfRfc4231) {
  EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, AKeyServesManyMessages) {
  const HmacSha256 keyed("Jefe");
  const auto first = keyed.of("one");
  EXPECT_NE(keyed.of("two"), first);
  EXPECT_EQ(keyed.of("one"), first);
}

}  // namespace
}  // namespace cxrelay::testing
