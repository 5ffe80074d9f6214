#include <gtest/gtest.h>

#include <string>

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

TEST(OneLine, CutsBetweenCharacters) {
  EXPECT_EQ(one_line(std::string(300, 'a')), std::string(200, 'a'));
  EXPECT_EQ(one_line(std::string(199, 'a') + "\xc3\xa9"), std::string(199, 'a'));
  EXPECT_EQ(one_line(std::string(198, 'a') + "\xc3\xa9"), std::string(198, 'a') + "\xc3\xa9");
  EXPECT_EQ(one_line(std::string(197, 'a') + "\xf0\x9f\x98\x80"), std::string(197, 'a'));
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
