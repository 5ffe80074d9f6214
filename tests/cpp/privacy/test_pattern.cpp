// Patterns: what they mean, and which names are the same to them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "privacy/name.hpp"
#include "privacy/pattern.hpp"

namespace cxrelay::privacy {
namespace {

Place member(std::string_view key) { return {key, 0, false}; }
Place element(std::uint32_t index) { return {{}, index, true}; }

bool matches(std::string_view text, const std::vector<Place>& path) {
  std::string problem;
  const auto pattern = Pattern::parse(text, problem);
  EXPECT_TRUE(pattern) << text << ": " << problem;
  return pattern && pattern->matches(path);
}

std::string problem_of(std::string_view text) {
  std::string problem;
  EXPECT_FALSE(Pattern::parse(text, problem)) << text;
  return problem;
}

TEST(Name, IsComparedWithoutCaseAndSeparators) {
  EXPECT_EQ(folded("_API-Key_"), "apikey");
  for (const auto* same : {"apikey", "api_key", "apiKey", "API-KEY", "_a_p_i_key__"}) {
    EXPECT_TRUE(is_name(same, "apikey")) << same;
    EXPECT_TRUE(ends_in_name(same, "apikey")) << same;
    EXPECT_TRUE(ends_in_name(std::string("x") + same, "apikey")) << same;
    EXPECT_FALSE(is_name(std::string("x") + same, "apikey")) << same;
  }
  for (const auto* other : {"", "_", "apike", "apikeys", "api key", "api.key", "\xC3\xA4pikey"}) {
    EXPECT_FALSE(is_name(other, "apikey")) << other;
  }
  EXPECT_TRUE(is_name("", ""));
  EXPECT_TRUE(is_name("_-", ""));
}

TEST(Pattern, APathMeansOnePlace) {
  EXPECT_TRUE(matches("customer.phone", {member("customer"), member("phone")}));
  EXPECT_TRUE(matches("customer.phone", {member("Customer"), member("PHONE")}));
  EXPECT_FALSE(matches("customer.phone", {member("customer")}));
  EXPECT_FALSE(matches("phone", {member("customer"), member("phone")}));
  EXPECT_FALSE(matches("customer.phone", {member("x"), member("customer"), member("phone")}));
}

TEST(Pattern, DigitsMeanAPlaceInAnArrayOrAName) {
  EXPECT_TRUE(matches("phones.1", {member("phones"), element(1)}));
  EXPECT_TRUE(matches("phones.1", {member("phones"), member("1")}));
  EXPECT_FALSE(matches("phones.1", {member("phones"), element(0)}));
  EXPECT_FALSE(matches("phones.01", {member("phones"), element(1)}));
}

TEST(Pattern, StarsMeanMany) {
  EXPECT_TRUE(matches("phones.*", {member("phones"), element(7)}));
  EXPECT_TRUE(matches("a.*.b", {member("a"), element(7), member("b")}));
  EXPECT_FALSE(matches("a.*.b", {member("a"), member("b")}));
  EXPECT_TRUE(matches("**.b", {member("b")}));
  EXPECT_TRUE(matches("**.b", {member("a"), element(7), member("b")}));
  EXPECT_FALSE(matches("**.b", {member("b"), member("a")}));
  EXPECT_TRUE(matches("a.**.b.c", {member("a"), member("b"), member("b"), member("c")}));
  EXPECT_TRUE(matches("**.a.**.b", {member("b"), member("a"), member("b"), member("b")}));
  EXPECT_FALSE(matches("**.a.**.b", {member("b"), member("b"), member("a")}));
  EXPECT_TRUE(matches("*phone", {member("homePhone")}));
  EXPECT_TRUE(matches("*phone", {member("phone")}));
  EXPECT_FALSE(matches("*phone", {member("phones")}));
  EXPECT_FALSE(matches("*0", {element(0)}));
}

TEST(Pattern, APointerTakesEveryPartAsAName) {
  EXPECT_TRUE(matches("/a.b/*", {member("a.b"), member("*")}));
  EXPECT_FALSE(matches("/a.b/*", {member("a.b"), member("c")}));
  EXPECT_TRUE(matches("/a~1b", {member("a/b")}));
  EXPECT_TRUE(matches("/", {member("")}));
}

TEST(Pattern, KnowsWhetherItIsExact) {
  std::string problem;
  EXPECT_TRUE(Pattern::parse("a.0.b", problem)->is_exact());
  EXPECT_TRUE(Pattern::parse("/**/*", problem)->is_exact());
  for (const auto* text : {"*", "**.a", "a.*b"}) {
    EXPECT_FALSE(Pattern::parse(text, problem)->is_exact()) << text;
  }
}

TEST(Pattern, RefusesWhatItCannotMean) {
  EXPECT_NE(problem_of("").find("empty"), std::string::npos);
  EXPECT_NE(problem_of("a..b").find("empty part"), std::string::npos);
  EXPECT_NE(problem_of("/a~2").find("'~'"), std::string::npos);
  EXPECT_NE(problem_of("a.b*").find("beginning"), std::string::npos);
  EXPECT_NE(problem_of("***").find("beginning"), std::string::npos);
  EXPECT_NE(problem_of("*_-").find("nothing to compare"), std::string::npos);
  EXPECT_NE(problem_of("a.**").find("last"), std::string::npos);
  EXPECT_NE(problem_of("**").find("last"), std::string::npos);
}

}  // namespace
}  // namespace cxrelay::privacy
