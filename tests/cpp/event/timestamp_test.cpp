#include "event/timestamp.hpp"

#include <gtest/gtest.h>

#include <string>

#include "json/document.hpp"

namespace cxrelay {
namespace {

// What a JSON value becomes: isoformat(), or the kind of trouble.
std::string read(std::string_view json) {
  json::Document document;
  if (document.parse(json) != json::ParseError::none) return "no JSON";
  Timestamp time;
  switch (parse_timestamp(document.root(), time)) {
    case TimestampError::none:
      return time.isoformat();
    case TimestampError::type:
      return "type";
    case TimestampError::text:
      return "text";
    case TimestampError::range:
      return "range";
    case TimestampError::year_zero:
      return "year 0";
  }
  return "";
}

std::string read_text(const std::string& text) { return read(std::string("\"") + text + "\""); }

TEST(Timestamp, ReadsIsoForms) {
  EXPECT_EQ(read_text("2024-05-15T10:30:00Z"), "2024-05-15T10:30:00+00:00");
  EXPECT_EQ(read_text("2024-05-15t10:30:00z"), "2024-05-15T10:30:00+00:00");
  EXPECT_EQ(read_text("2024-05-15 10:30"), "2024-05-15T10:30:00");
  EXPECT_EQ(read_text("2024-05-15_10:30:01,5"), "2024-05-15T10:30:01.500000");
  EXPECT_EQ(read_text("2024-05-15T10:30:00.1234569+01:30"), "2024-05-15T10:30:00.123456+01:30");
  EXPECT_EQ(read_text("2024-05-15T10:30:00-0700"), "2024-05-15T10:30:00-07:00");
  EXPECT_EQ(read_text("2024-05-15T10:30:00\xE2\x88\x92"
                      "01:00"),
            "2024-05-15T10:30:00-01:00");
  EXPECT_EQ(read_text("2024-05-15T10:30:00-00:00"), "2024-05-15T10:30:00+00:00");
  EXPECT_EQ(read_text("2024-02-29"), "2024-02-29T00:00:00");
  EXPECT_EQ(read_text("0001-01-01T00:00:00+23:59"), "0001-01-01T00:00:00+23:59");
  EXPECT_EQ(read_text("9999-12-31T23:59:59.999999-23:59"), "9999-12-31T23:59:59.999999-23:59");
}

TEST(Timestamp, RefusesOtherTexts) {
  for (const char* text : {"",
                           "x",
                           "2023-02-29",
                           "2024-13-01",
                           "2024-01-00",
                           "2024-5-15",
                           "2024/05/15",
                           "20240515T103000",
                           "2024-05-15T",
                           "2024-05-15T10",
                           "2024-05-15T24:00",
                           "2024-05-15T10:60",
                           "2024-05-15T10:30:60",
                           "2024-05-15T10:30:00.",
                           "2024-05-15T10:30.5",
                           "2024-05-15T10:30:00+01",
                           "2024-05-15T10:30:00+24:00",
                           "2024-05-15T10:30:00+01:60",
                           "2024-05-15T10:30:00 Z",
                           "2024-05-15T10:30:00Z ",
                           "2024-05-15Z",
                           "2024-05-15x10:30",
                           "+2024-05-15",
                           " 5",
                           "5 ",
                           "1e5",
                           "1_000",
                           "nan",
                           ".",
                           "--5",
                           "253402300800000"}) {
    EXPECT_EQ(read_text(text), "text") << text;
  }
  EXPECT_EQ(read_text("0000-01-01"), "year 0");
  EXPECT_EQ(read_text("0000-12-31T23:59:59Z"), "year 0");
  EXPECT_EQ(read_text("-62135596800001"), "year 0");
}

// The form with a capital Z is read by a way of its own, the one with a small z like all others.
TEST(Timestamp, ReadsTheUsualFormLikeAnyOther) {
  const std::string usual = "2023-12-29T23:59:58";
  std::string characters = "/:-.TtZz +";
  for (char c = '0'; c <= '9'; ++c) characters += c;
  for (const char c : {'\x7f', '\xb0', '\xb9', '\xff', 'p', '@', '\x10'}) characters += c;
  for (std::size_t at = 0; at < usual.size(); ++at) {
    for (const char c : characters) {
      std::string text = usual;
      text[at] = c;
      Timestamp by_own_way;
      Timestamp by_general_way;
      EXPECT_EQ(parse_timestamp_text(text + 'Z', by_own_way),
                parse_timestamp_text(text + 'z', by_general_way))
          << text;
      EXPECT_EQ(by_own_way, by_general_way) << text;
    }
  }
  EXPECT_EQ(read_text("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00+00:00");
  EXPECT_EQ(read_text("2023-02-29T00:00:00Z"), "text");
  EXPECT_EQ(read_text("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00+00:00");
  EXPECT_EQ(read_text("0000-01-01T00:00:00Z"), "year 0");
}

TEST(Timestamp, ReadsNumbersAsSecondsOrMilliseconds) {
  EXPECT_EQ(read("1715769000"), "2024-05-15T10:30:00+00:00");
  EXPECT_EQ(read("1715769000123"), "2024-05-15T10:30:00.123000+00:00");
  EXPECT_EQ(read_text("+1715769000.5"), "2024-05-15T10:30:00.500000+00:00");
  EXPECT_EQ(read("20000000000"), "2603-10-11T11:33:20+00:00");
  EXPECT_EQ(read("20000000001"), "1970-08-20T11:33:20.001000+00:00");
  EXPECT_EQ(read("-20000000001"), "1969-05-14T12:26:39.999000+00:00");
  EXPECT_EQ(read("-1.25"), "1969-12-31T23:59:58.750000+00:00");
  EXPECT_EQ(read("0.0000005"), "1970-01-01T00:00:00.000001+00:00");
  EXPECT_EQ(read("1e-400"), "1970-01-01T00:00:00+00:00");
  EXPECT_EQ(read("253402300799999"), "9999-12-31T23:59:59.999000+00:00");
  EXPECT_EQ(read("-62135596800000"), "0001-01-01T00:00:00+00:00");
}

TEST(Timestamp, RefusesOtherNumbers) {
  EXPECT_EQ(read("253402300800000"), "range");
  EXPECT_EQ(read("1e300"), "range");
  EXPECT_EQ(read("-62167219200001"), "range");
  EXPECT_EQ(read("-62135596800001"), "year 0");
  EXPECT_EQ(read("9223372036854775807"), "range");
  EXPECT_EQ(read("9223372036854775808"), "type");
  for (const char* json : {"null", "true", "[]", "{}"}) EXPECT_EQ(read(json), "type") << json;
}

TEST(Timestamp, WritesOffsetsWithSeconds) {
  EXPECT_EQ((Timestamp{0, 3630}).isoformat(), "1970-01-01T01:00:30+01:00:30");
  EXPECT_EQ((Timestamp{0, -3600}).isoformat(), "1969-12-31T23:00:00-01:00");
}

}  // namespace
}  // namespace cxrelay
