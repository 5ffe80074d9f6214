#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "base/secret_text.hpp"

namespace cxrelay {
namespace {

constexpr std::string_view kToken = "eyJhbGciOiJSUzI1NiJ9.payload-of-it.signature";
constexpr std::string_view kSecret = "short1";

std::string shown(std::string text) {
  return without_secrets(std::move(text),
                         std::array{kToken, kSecret, std::string_view("abc"), std::string_view()});
}

TEST(WithoutSecrets, TakesThemOutWhereverTheyStand) {
  EXPECT_EQ(shown(fmt::format("Bearer {} is bad", kToken)), "Bearer [secret] is bad");
  EXPECT_EQ(shown(std::string(kToken)), "[secret]");
  EXPECT_EQ(shown(fmt::format("{0}{0}", kToken)), "[secret][secret]");
  EXPECT_EQ(shown("client short1short1."), "client [secret][secret].");
}

TEST(WithoutSecrets, TakesOutPieces) {
  EXPECT_EQ(shown(fmt::format("cut {}", kToken.substr(0, 20))), "cut [secret]");
  EXPECT_EQ(shown(fmt::format("{}!", kToken.substr(15))), "[secret]!");
  EXPECT_EQ(shown(std::string(kToken.substr(5, kShortestPiece))), "[secret]");
  const std::string too_short(kToken.substr(5, kShortestPiece - 1));
  EXPECT_EQ(shown(too_short), too_short);
}

TEST(WithoutSecrets, LeavesTheRest) {
  for (const char* text : {"", "HTTP 503: busy", "short", "abc", "eyJhbGci"})
    EXPECT_EQ(shown(text), text);
  EXPECT_EQ(without_secrets("short1", {}), "short1");
}

}  // namespace
}  // namespace cxrelay
