#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "target/message.hpp"

namespace cxrelay::target {
namespace {

TEST(OneLine, ReplacesWhatCouldForgeALine) {
  EXPECT_EQ(one_line("a\r\nb\tc\x7f"
                     "d"),
            "a  b c d");
  EXPECT_EQ(one_line(std::string("a\0b", 3)), "a b");
  EXPECT_EQ(one_line("a\xc2\x85z"), "a z");      // U+0085
  EXPECT_EQ(one_line("a\xe2\x80\xa8z"), "a z");  // U+2028
  EXPECT_EQ(one_line("a\xe2\x80\xaez"), "a z");  // U+202E
  EXPECT_EQ(one_line("a\xe2\x81\xa7z"), "a z");  // U+2067
  EXPECT_EQ(one_line("\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

// `count` times "a", then `tail`.
std::string as(std::size_t count, std::string_view tail = {}) {
  std::string text(count, 'a');
  text += tail;
  return text;
}

TEST(OneLine, CutsBetweenCharacters) {
  EXPECT_EQ(one_line(as(300)), as(200));
  EXPECT_EQ(one_line(as(199, "\xc3\xa9")), as(199));
  EXPECT_EQ(one_line(as(198, "\xc3\xa9")), as(198, "\xc3\xa9"));
  EXPECT_EQ(one_line(as(197, "\xf0\x9f\x98\x80")), as(197));
}

TEST(MessageOf, TakesTheMemberOrNothing) {
  const auto of = [](std::string body) {
    return message_of({Wire::answered, 400, {}, std::move(body), {}});
  };
  EXPECT_EQ(of(R"({"message":"bad\nfield"})"), "bad field");
  EXPECT_EQ(of(R"({"message":5})"), "");
  EXPECT_EQ(of(R"({"error":"x"})"), "");
  EXPECT_EQ(of(R"(["message"])"), "");
  EXPECT_EQ(of("<html>"), "");
  EXPECT_EQ(of(""), "");
}

}  // namespace
}  // namespace cxrelay::target
