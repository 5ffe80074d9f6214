// Upper and lower case, white space and cutting. That every code point equals Python's is tested
// from Python.
#include "mapping/letter_case.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mapping/utf8.hpp"

namespace cxrelay::mapping {
namespace {

std::string upper(std::string_view text) {
  std::string out = ">";
  append_upper(out, text);
  return out.substr(1);
}

std::string lower(std::string_view text) {
  std::string out = ">";
  append_lower(out, text);
  return out.substr(1);
}

TEST(LetterCase, Ascii) {
  EXPECT_EQ(upper(""), "");
  EXPECT_EQ(upper("@az[`AZ{09~"), "@AZ[`AZ{09~");
  EXPECT_EQ(lower("@AZ[`az{09~"), "@az[`az{09~");
  const std::string longer(37, 'q');
  EXPECT_EQ(upper(longer), std::string(37, 'Q'));
}

TEST(LetterCase, AsciiBeforeOthers) {
  for (std::size_t size = 0; size < 20; ++size) {
    const std::string head(size, 'a');
    EXPECT_EQ(upper(head + "é" + head), std::string(size, 'A') + "É" + std::string(size, 'A'));
  }
}

TEST(LetterCase, OneToMany) {
  EXPECT_EQ(upper("straße"), "STRASSE");
  EXPECT_EQ(upper("ŉ ǰ ﬃ"), "ʼN J̌ FFI");
  EXPECT_EQ(lower("İ"), "i̇");
  EXPECT_EQ(upper("ÿ"), "Ÿ");
}

TEST(LetterCase, FinalSigma) {
  EXPECT_EQ(lower("ΟΔΟΣ ΣΑΣ"), "οδος σας");
  EXPECT_EQ(lower("Σ"), "σ");
  EXPECT_EQ(lower("ΑΣ."), "ας.");
  EXPECT_EQ(lower("Α.Σ"), "α.ς");  // a full stop is looked through
  EXPECT_EQ(lower("ΑΣ.Α"), "ασ.α");
  EXPECT_EQ(lower("ABCDEFGHΣ"), "abcdefghς");  // the letter before it lies in the ASCII part
}

TEST(Text, BlankAndTrim) {
  EXPECT_TRUE(is_blank(""));
  EXPECT_TRUE(is_blank(" \t\n\x1c\xc2\xa0\xe3\x80\x80"));
  EXPECT_FALSE(is_blank(" \xe2\x80\x8b"));  // U+200B is no white space
  EXPECT_EQ(trim("\xe3\x80\x80 é \xc2\xa0"), "é");
  EXPECT_EQ(trim("   "), "");
}

TEST(Text, TruncateCountsCodePoints) {
  EXPECT_EQ(truncate("aé😀b", 3), "aé😀");
  EXPECT_EQ(truncate("aé😀b", 4), "aé😀b");
  EXPECT_EQ(truncate("éé", 1), "é");
}

}  // namespace
}  // namespace cxrelay::mapping
