// What stands in the place of values.
#include <gtest/gtest.h>

#include <string>

#include "privacy/substitute.hpp"

namespace cxrelay::privacy {
namespace {

std::string masked(std::string_view json, std::size_t keep_last) {
  auto& document = json::thread_document();
  EXPECT_EQ(document.parse(json), json::ParseError::none) << json;
  return mask(document.root(), keep_last);
}

std::string hashed(const HashKey& key, std::string_view json) {
  auto& document = json::thread_document();
  EXPECT_EQ(document.parse(json), json::ParseError::none) << json;
  return key.hash(document, document.root());
}

TEST(Mask, HidesEveryKindOfValue) {
  for (const auto* value : {R"("+49 151 2345678")", "12345678", "-0.5e9", "true", "null", "[1,2]",
                            R"({"a":"b"})", R"("")"}) {
    EXPECT_EQ(masked(value, 0), R"("***")") << value;
  }
}

TEST(Mask, KeepsTheEndOfATextThatIsLongEnough) {
  EXPECT_EQ(masked(R"("+49 151 2345678")", 2), R"("***78")");
  EXPECT_EQ(masked("4111111111111234", 4), R"("***1234")");
  EXPECT_EQ(masked(R"("123456")", 2), R"("***56")");
  EXPECT_EQ(masked(R"("12345")", 2), R"("***")");
  EXPECT_EQ(masked("true", 2), R"("***")");
  EXPECT_EQ(masked(R"(["12345678"])", 2), R"("***")");
}

TEST(Mask, CutsBetweenCodePoints) {
  EXPECT_EQ(masked("\"abcd\xC3\xA4\xE2\x82\xAC\"", 2), "\"***\xC3\xA4\xE2\x82\xAC\"");
  EXPECT_EQ(masked("\"\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4x\"", 2), R"("***")");
  EXPECT_EQ(masked(R"("abcd\u00e4\"")", 2), "\"***\xC3\xA4\\\"\"");
}

// With Python: hmac.new(key, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), "sha256")
TEST(Hash, IsThatOfTheValueSpelledOneWay) {
  const HashKey key("0123456789abcdef");
  EXPECT_EQ(key.id(), "9f761d65");
  EXPECT_EQ(
      hashed(key, R"("+49 151 2345678")"),
      R"("hmac-sha256:9f761d65:ec2fa77f09c168b63d72c1bd4fa02a49f4fcbc4513ac0c945a8d511fda2d5e9f")");
  EXPECT_EQ(
      hashed(key, "\"Z\xC3\xBC\""),
      R"("hmac-sha256:9f761d65:4eed414b31ba3ebaba9cf7d0d7312ebbe4b5d01782bd9080752e1223b2b8ab4f")");
  EXPECT_EQ(
      hashed(key, R"( { "a" : [ 1, "\u00fc" ] } )"),
      R"("hmac-sha256:9f761d65:2ab40a8fb2f8708cdafada13158ed6bf45d3601a4f817e169b23716a170bb056")");
}

TEST(Hash, JoinsEqualValuesAndNoOthers) {
  const HashKey key("0123456789abcdef");
  EXPECT_EQ(hashed(key, R"("a/\u00fc")"), hashed(key, "\"\\u0061\\/\xC3\xBC\""));
  EXPECT_EQ(hashed(key, R"({"a":[1,2]})"), hashed(key, "{ \"\\u0061\": [1 ,2]}"));
  EXPECT_NE(hashed(key, R"("5")"), hashed(key, "5"));
  EXPECT_NE(hashed(key, "1.0"), hashed(key, "1.00"));
  EXPECT_NE(hashed(key, R"("a")"), hashed(HashKey("0123456789abcdeF"), R"("a")"));
}

}  // namespace
}  // namespace cxrelay::privacy
