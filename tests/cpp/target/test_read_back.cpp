#include <gtest/gtest.h>

#include "cxrelay/target.hpp"

namespace cxrelay {
namespace {

Target with_read_back(std::string pointer = "/attributes") {
  Target target = interactions_batch("https://a.example");
  target.read_back = interactions_read_back();
  target.read_back->pointer = std::move(pointer);
  return target;
}

Found found(std::string_view payload, std::string_view attributes) {
  const std::string reply = R"({"id":"a","attributes":)" + std::string(attributes) + "}";
  return find_payload(with_read_back(), payload, reply);
}

TEST(ReadBack, AppliedIfEveryAttributeHasItsValue) {
  EXPECT_EQ(found(R"({"a":1,"b":"x"})", R"({"z":0,"b":"x","a":1})"), Found::applied);
  EXPECT_EQ(found(R"({"a":1,"b":"x"})", R"({"b":"y","a":1})"), Found::not_applied);
  EXPECT_EQ(found(R"({"a":1,"b":"x"})", R"({"a":1})"), Found::not_applied);
  EXPECT_EQ(found(R"({"a":1})", "{}"), Found::not_applied);
}

TEST(ReadBack, ComparesValuesAndNotTheirSpelling) {
  EXPECT_EQ(found(R"({"a":1.50,"b":"\u00e9"})", R"({"a":1.5,"b":"é"})"), Found::applied);
  EXPECT_EQ(found(R"({"a":100.0})", R"({"a":1e2})"), Found::applied);
  EXPECT_EQ(
      found(R"({"a":{"x":[1,{"y":null}],"z":true}})", R"({"a":{"z":true,"x":[1,{"y":null}]}})"),
      Found::applied);
}

TEST(ReadBack, ObjectsMayHaveMoreAndListsMayNot) {
  EXPECT_EQ(found(R"({"a":{"x":{"y":1}}})", R"({"a":{"x":{"y":1,"z":2},"w":3}})"), Found::applied);
  EXPECT_EQ(found(R"({"a":{"x":{"y":1}}})", R"({"a":{"x":{"z":2}}})"), Found::not_applied);
  EXPECT_EQ(found(R"({"a":[{"x":1}]})", R"({"a":[{"x":1,"y":2}]})"), Found::not_applied);
}

TEST(ReadBack, TheBuiltInTargetHasAttributesWhereAPayloadHasThem) {
  Target target = interactions_batch("https://a.example");
  target.read_back = interactions_read_back();
  const auto look = [&](std::string_view reply) {
    return find_payload(target, R"({"attributes":{"a":1}})", reply);
  };
  EXPECT_EQ(look(R"({"id":"i","attributes":{"a":1,"b":2}})"), Found::applied);
  EXPECT_EQ(look(R"({"id":"i","attributes":{"b":2}})"), Found::not_applied);
}

TEST(ReadBack, AnotherValueIsAnotherValue) {
  const std::pair<const char*, const char*> different[] = {
      {"1", "\"1\""},
      {"true", "false"},
      {"null", "0"},
      {"[1,2]", "[2,1]"},
      {"[1]", "[1,2]"},
      {"[1,2]", "[1]"},
      {"{}", "[]"},
      {"{\"x\":1}", "{\"y\":1}"},
      {"\"a\"", "\"A\""},
      // Beyond what a double can tell apart.
      {"12345678901234567890", "12345678901234567891"}};
  for (const auto& [written, there] : different) {
    EXPECT_EQ(found("{\"a\":" + std::string(written) + "}", "{\"a\":" + std::string(there) + "}"),
              Found::not_applied)
        << written << " and " << there;
  }
}

TEST(ReadBack, AReplyOfAnotherShapeSaysNothing) {
  for (const char* attributes : {"null", "[]", "\"a\"", "1"})
    EXPECT_EQ(found(R"({"a":1})", attributes), Found::unclear) << attributes;
  for (const char* reply : {"", "<html>", "[]", "{}", R"({"attributes":{"a":1)", R"({"a":1})"})
    EXPECT_EQ(find_payload(with_read_back(), R"({"a":1})", reply), Found::unclear) << reply;
}

TEST(ReadBack, AttributesStandWhereThePointerSays) {
  const auto at = [](std::string pointer, std::string_view reply) {
    return find_payload(with_read_back(std::move(pointer)), R"({"a":1})", reply);
  };
  EXPECT_EQ(at("", R"({"a":1})"), Found::applied);
  EXPECT_EQ(at("/data/custom~1fields/~0x", R"({"data":{"custom/fields":{"~x":{"a":1}}}})"),
            Found::applied);
  EXPECT_EQ(at("/data/x", R"({"data":[{"a":1}]})"), Found::unclear);
}

TEST(ReadBack, IsAGetOfOneInteraction) {
  const HttpRequest request = encode_read_back(with_read_back(), "a/../b?c");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://a.example/api/v2/interactions/a%2F..%2Fb%3Fc");
  EXPECT_EQ(request.headers, std::vector<std::string>{"Accept: application/json"});
  EXPECT_TRUE(request.body.empty());
}

TEST(ReadBack, IsCheckedBeforeTheFirstEvent) {
  EXPECT_NO_THROW(check_target(with_read_back()));
  Target target = with_read_back();
  target.read_back->path = "/api/v2/interactions";
  EXPECT_THROW(check_target(target), ConfigError);
  target = with_read_back("attributes");
  EXPECT_THROW(check_target(target), ConfigError);
  target = with_read_back();
  target.read_back->late_ms = -1;
  EXPECT_THROW(check_target(target), ConfigError);
}

}  // namespace
}  // namespace cxrelay
