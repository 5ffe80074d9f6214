#include <gtest/gtest.h>

#include "auth/form.hpp"

namespace cxrelay {
namespace {

TEST(FormEncode, EncodesLikeAForm) {
  EXPECT_EQ(form_encode("azAZ09*-._"), "azAZ09*-._");
  EXPECT_EQ(form_encode("a b"), "a+b");
  EXPECT_EQ(form_encode("a+b&c=d%e:f~/"), "a%2Bb%26c%3Dd%25e%3Af%7E%2F");
  EXPECT_EQ(form_encode("\xc2\xa3\r\n"), "%C2%A3%0D%0A");
  EXPECT_EQ(form_encode(std::string_view("\0", 1)), "%00");
  EXPECT_EQ(form_encode(""), "");
}

TEST(Base64, GivesTheVectorsOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace cxrelay
