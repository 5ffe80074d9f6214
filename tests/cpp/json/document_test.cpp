// What counts as JSON, what the nodes hold, and what the limits refuse.
#include "json/document.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace cxrelay::json {
namespace {

using namespace std::string_literals;

ParseError parse(std::string_view text, const ParseLimits& limits = {}) {
  return Document().parse(text, limits);
}

TEST(Document, AcceptsWhatRfc8259Accepts) {
  const std::vector<std::string> texts = {
      "{}",
      "[]",
      " [ ] ",
      "\t\r\n{\n}\n",
      "null",
      "true",
      "false",
      "0",
      "-0",
      "1",
      "-12",
      "0.5",
      "-0.0",
      "1e5",
      "1E+05",
      "1.5e-300",
      "1e-400",
      "0e999",
      "0.0e9999",
      "\"\"",
      "\"\\u0000\"",
      "[[],{},[{}]]",
      "\"\x7f\"",
      "\"\xf0\x9f\x98\x80\"",
      "{\"\":{\"\":0}}",
      "\"\\ud83d\\ude00\"",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
  };
  for (const auto& text : texts) EXPECT_EQ(parse(text), ParseError::none) << text;
}

TEST(Document, RefusesWhatIsNotJson) {
  const std::vector<std::string> texts = {
      "",
      " ",
      "\xEF\xBB\xBF{}",
      "{",
      "}",
      "[",
      "]",
      "[1,]",
      "[,1]",
      "[1 2]",
      "[1,,2]",
      "{,}",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{\"a\" 1}",
      "{a:1}",
      "{1:2}",
      "{'a':1}",
      "{\"a\":1 \"b\":2}",
      "[1}",
      "{\"a\":1]",
      "{}{}",
      "{} x",
      "1 2",
      "nul",
      "nulll",
      "tru",
      "True",
      "undefined",
      "01",
      "-01",
      "-",
      "+1",
      "1.",
      ".5",
      "1e",
      "1e+",
      "1.e5",
      "0x10",
      "1_0",
      "--1",
      "-NaN",
      "nan",
      "\"",
      "\"a",
      "\"\\\"",
      "\"\\x\"",
      "\"\\u12\"",
      "\"\\u12g4\"",
      "\"\t\"",
      "\"\x1f\"",
      "\"a\"b",
      "\"a\"\"b\"",
      "1\"a\"",
      "[\"a\"1]",
      "\\",
      "{\\\"a\":1}",
      "/**/1",
      "[1]//",
      "\f1",
      "1\f",
      "\xC2\xA0"
      "1",
      "[1]\0"s,
      "\0"s,
      "null\0"s,
      "!",
      "[\"a\":1]",
      "{\"a\":1:2}",
  };
  for (const auto& text : texts) EXPECT_EQ(parse(text), ParseError::syntax) << text;
}

TEST(Document, RefusesInvalidUtf8AndLoneSurrogates) {
  const std::vector<std::string> texts = {
      "\"\xff\"",
      "\"\xc3\"",
      "\"\xc0\x80\"",
      "\"\xed\xa0\x80\"",
      "\"\xf4\x90\x80\x80\"",
      "\"\xe9\"",
      "\"\\ud800\"",
      "\"\\udc00\"",
      "\"\\ud800\\u0041\"",
      "\"\\ud800\\n\"",
      "\"\\ud800x\"",
      "{\"\\udfff\":1}",
      "\"\\udc00\\ud800\"",
  };
  for (const auto& text : texts) EXPECT_EQ(parse(text), ParseError::utf8) << text;
}

TEST(Document, RefusesNumbersThatAreNotFinite) {
  for (const char* text : {"NaN", "Infinity", "-Infinity", "1e400", "-1e400", "[1.8e308]",
                           "1.7976931348623159e308", "123e99999999999999999999", "0.1e310"}) {
    EXPECT_EQ(parse(text), ParseError::not_finite) << text;
  }
  EXPECT_EQ(parse(std::string(310, '1') + ".0"), ParseError::not_finite);
  EXPECT_EQ(parse("1.7976931348623157e308"), ParseError::none);
  EXPECT_EQ(parse("0." + std::string(400, '0') + "1e700"), ParseError::none);
  EXPECT_EQ(parse(std::string(400, '1') + "e-300"), ParseError::none);
}

TEST(Document, KeepsIntegersOfAnySizeAsText) {
  Document document;
  const std::string digits = std::string("-") + std::string(4300, '7');
  ASSERT_EQ(document.parse(std::string("[") + digits + ", 1.10]"), ParseError::none);
  EXPECT_EQ(document.nodes()[1].kind, Kind::integer);
  EXPECT_EQ(document.nodes()[1].text, digits);
  EXPECT_EQ(document.nodes()[2].kind, Kind::decimal);
  EXPECT_EQ(document.nodes()[2].text, "1.10");
  EXPECT_EQ(document.parse(digits + "7"), ParseError::syntax);
}

TEST(Document, FindsRepeatedKeysHoweverTheyAreSpelled) {
  for (const char* text : {R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", R"({"":1,"":1})",
                           R"([{"x":{"b":1,"c":2,"b":3}}])", R"({"/":1,"\/":2})",
                           R"({"long enough a key":1,"b":{},"long enough a key":[]})"}) {
    EXPECT_EQ(parse(text), ParseError::duplicate_key) << text;
  }
  for (const char* text : {R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]})", R"({"a":1,"A":2})",
                           R"({"a":1,"a\u0000":2,"a\u0000\u0000":3})"}) {
    EXPECT_EQ(parse(text), ParseError::none) << text;
  }
}

std::string object_of(int keys, const std::string& one_more) {
  std::string text = "{";
  for (int i = 0; i < keys; ++i)
    text.append("\"a key that is ").append(std::to_string(i)).append(" th\":0,");
  return text.append("\"").append(one_more).append("\":1}");
}

TEST(Document, FindsARepeatedKeyAmongAThousand) {
  for (const int keys : {5, 23, 24, 25, 63, 64, 65, 999}) {
    EXPECT_EQ(parse(object_of(keys, "new")), ParseError::none) << keys;
    EXPECT_EQ(parse(object_of(keys, "a key that is 3 th")), ParseError::duplicate_key) << keys;
  }
}

TEST(Document, PrefersSyntaxToWhatOnlyJsonCanBreak) {
  EXPECT_EQ(parse(R"({"a":1,"a":2)"), ParseError::syntax);
  EXPECT_EQ(parse(R"([1e400,nul])"), ParseError::syntax);
  EXPECT_EQ(parse(R"([{"a":NaN,"a":"\ud800"}])"), ParseError::utf8);
}

TEST(Document, HoldsLimits) {
  EXPECT_EQ(parse("[1]", {.max_bytes = 3}), ParseError::none);
  EXPECT_EQ(parse("[1 ]", {.max_bytes = 3}), ParseError::too_big);
  EXPECT_EQ(parse("[[{}]]", {.max_depth = 3}), ParseError::none);
  EXPECT_EQ(parse("[[[{}]]]", {.max_depth = 3}), ParseError::too_deep);
  EXPECT_EQ(parse(R"({"a":{"b":1}})", {.max_keys = 2}), ParseError::none);
  EXPECT_EQ(parse(R"({"a":{"b":1},"c":1})", {.max_keys = 2}), ParseError::too_many_keys);
}

TEST(Document, StaysFlatForDeepTexts) {
  const std::size_t depth = 100'000;
  const std::string open(depth, '[');
  EXPECT_EQ(parse(open), ParseError::too_deep);
  EXPECT_EQ(parse(open, {.max_depth = depth}), ParseError::syntax);
  EXPECT_EQ(parse(open + std::string(depth, ']'), {.max_depth = depth}), ParseError::none);
}

TEST(Document, NodesHaveSpansKeysAndTexts) {
  Document document;
  ASSERT_EQ(document.parse(R"( {"a" : [1, "x\n" , {}] , "\u0062":true, "c": null} )"),
            ParseError::none);
  const Node& root = document.root();
  EXPECT_EQ(root.count, 3U);
  EXPECT_EQ(root.next, document.nodes().size());
  EXPECT_EQ(document.raw(root).front(), '{');
  EXPECT_EQ(document.raw(root).back(), '}');
  const Node* a = document.find(root, "a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(document.raw(*a), R"([1, "x\n" , {}])");
  const Node* item = document.first_child(*a);
  EXPECT_EQ(item->text, "1");
  item = document.next_sibling(*a, *item);
  EXPECT_EQ(item->text, "x\n");
  EXPECT_EQ(document.raw(*item), R"("x\n")");
  item = document.next_sibling(*a, *item);
  EXPECT_EQ(item->kind, Kind::object);
  EXPECT_EQ(document.first_child(*item), nullptr);
  EXPECT_EQ(document.next_sibling(*a, *item), nullptr);
  EXPECT_TRUE(document.find(root, "b")->boolean);
  EXPECT_EQ(document.find(root, "c")->kind, Kind::null);
  EXPECT_EQ(document.find(root, "d"), nullptr);
  EXPECT_EQ(document.find(*a, "a"), nullptr);
}

TEST(Document, FindsEscapesInAnyString) {
  Document document;
  ASSERT_EQ(document.parse(R"({"a":"1","b\n":"2","c":"\t","d":"4","e":{"f\\":"5"},"g":["\"",)"
                           R"("6"],"h":"7","\u0069":"\u0038","j":"9"})"),
            ParseError::none);
  std::string seen;
  for (const Node& node : document.nodes().subspan(1)) {
    seen.append(node.key).append("=").append(node.text).append(";");
  }
  EXPECT_EQ(seen, "a=1;b\n=2;c=\t;d=4;e=;f\\=5;g=;=\";=6;h=7;i=8;j=9;");
}

TEST(Document, TakesSpaceAroundEveryToken) {
  Document document;
  ASSERT_EQ(
      document.parse("\n{ \"a\" : \"1\" ,\"b\": \"2\"\t, \"c\" :[\"3\" ,4 , 5] ,\"d\":\"6\" }\r"),
      ParseError::none);
  std::string seen;
  for (const Node& node : document.nodes()) {
    seen.append(node.key).append(1, '=').append(document.raw(node)).append(1, ';');
  }
  EXPECT_EQ(seen.substr(seen.find("a=")), "a=\"1\";b=\"2\";c=[\"3\" ,4 , 5];=\"3\";=4;=5;d=\"6\";");
  EXPECT_EQ(document.root().count, 4U);
  EXPECT_EQ(document.find(document.root(), "c")->count, 3U);
}

// The caller's bytes may end where readable memory ends.
TEST(Document, ReadsNothingBehindTheText) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char* end = static_cast<char*>(memory) + page;
  ASSERT_EQ(mprotect(end, page, PROT_NONE), 0);
  Document document;
  for (std::size_t size = 1; size < 400; ++size) {
    const std::string text = "{\"" + std::string(size, 'k') + R"(":"\n"})";
    std::memcpy(end - text.size(), text.data(), text.size());
    EXPECT_EQ(document.parse({end - text.size(), text.size()}), ParseError::none) << size;
    EXPECT_EQ(document.parse({end - size, size}), ParseError::syntax) << size;
  }
  munmap(memory, 2 * page);
}

TEST(Document, TellsWhereATextBreaks) {
  const auto offset = [](std::string_view text) {
    Document document;
    EXPECT_NE(document.parse(text), ParseError::none);
    return document.error_offset();
  };
  EXPECT_EQ(offset(R"([1, nul])"), 4U);
  EXPECT_EQ(offset("[1, 2"), 5U);
  EXPECT_EQ(offset("[\"a\xff\"]"), 3U);
  EXPECT_EQ(offset("[\"a\tb\"]"), 3U);
  EXPECT_EQ(offset("[1,\"ab"), 3U);
  EXPECT_EQ(offset(R"(["ab\x"])"), 4U);
  EXPECT_EQ(offset(R"({"a":1,"a":2})"), 11U);
  EXPECT_EQ(offset("[1] 2"), 4U);
}

TEST(Document, IsReusable) {
  Document document;
  ASSERT_EQ(document.parse(std::string(400'000, ' ') + "[1]", {.max_bytes = 1'000'000}),
            ParseError::none);
  EXPECT_EQ(document.parse("[1,"), ParseError::syntax);
  EXPECT_TRUE(document.nodes().empty());
  EXPECT_TRUE(document.text().empty());
  ASSERT_EQ(document.parse(R"(["\u0061"])"), ParseError::none);
  Document moved = std::move(document);
  EXPECT_EQ(moved.nodes()[1].text, "a");
  EXPECT_EQ(&thread_document(), &thread_document());
}

}  // namespace
}  // namespace cxrelay::json
