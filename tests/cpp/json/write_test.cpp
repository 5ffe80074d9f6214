#include "json/write.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cxrelay::json {
namespace {

using namespace std::string_literals;

std::string written(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

std::string minified(std::string_view json) {
  std::string out;
  append_minified(out, json);
  return out;
}

TEST(AppendString, EscapesOnlyWhatMustBe) {
  EXPECT_EQ(written(""), R"("")");
  EXPECT_EQ(written("plain / \x7f \xc3\xa9"), "\"plain / \x7f \xc3\xa9\"");
  EXPECT_EQ(written("a\"b\\c\b\f\n\r\td"), R"("a\"b\\c\b\f\n\r\td")");
  EXPECT_EQ(written("\0\x01\x1f"s), R"("\u0000\u0001\u001f")");
}

TEST(AppendMinified, DropsSpaceBetweenTokensOnly) {
  EXPECT_EQ(minified(" { \"a b\" :\t[ 1 , \"\\\" x \\\\\" ] ,\r\n\"c\" : { } } "),
            R"({"a b":[1,"\" x \\"],"c":{}})");
  EXPECT_EQ(minified("\" x \""), "\" x \"");
}

TEST(AppendValue, SpellsAValueOneWay) {
  const auto spelled = [](std::string_view json, std::string_view key) {
    Document document;
    EXPECT_EQ(document.parse(json), ParseError::none);
    std::string out;
    append_value(out, document, *document.find(document.root(), key));
    return out;
  };
  constexpr std::string_view kText =
      R"({ "a" : [ 1.50, -0, [ ], { }, {"\u0062" : "\u00e9\/\u0001"} , true,null ], "c": "\u0041" })";
  EXPECT_EQ(spelled(kText, "a"), "[1.50,-0,[],{},{\"b\":\"\xc3\xa9/\\u0001\"},true,null]");
  EXPECT_EQ(spelled(kText, "c"), "\"A\"");
}

}  // namespace
}  // namespace cxrelay::json
