// What is stored of an event: every action, at every kind of place, and not one other byte.
#include <gtest/gtest.h>

#include <string>

#include "cxrelay/errors.hpp"
#include "cxrelay/privacy.hpp"
#include "json/document.hpp"

namespace cxrelay::testing {
namespace {

constexpr std::string_view kHashKey = "0123456789abcdef";

StoredOriginal stored(std::string_view event, std::string_view rules) {
  return PrivacyPolicy::from_json(rules, kHashKey).apply(event);
}

// With rules for fields, and without the defaults.
std::string with(std::string_view event, const std::string& fields,
                 const std::string& default_action = "keep") {
  return stored(event, R"({"defaults":false,"default_action":")" + default_action +
                           R"(","fields":{)" + fields + "}}")
      .text;
}

TEST(StoredOriginal, IsTheSameBytesIfNothingIsMeant) {
  const std::string event = " {\n\t\"a\" : 1.50 , \"b\":[ ],\"\\u0063\":\"\\/\" }\r\n";
  const auto out = stored(event, R"({"fields":{"d":"drop","b.0":"mask","*zz":"hash"}})");
  EXPECT_EQ(out.text, event);
  EXPECT_EQ(out.counts, PrivacyCounts());
}

TEST(StoredOriginal, DropTakesTheMemberAndOneComma) {
  const std::string event = R"({"a":1,"b":2,"c":3})";
  EXPECT_EQ(with(event, R"("a":"drop")"), R"({"b":2,"c":3})");
  EXPECT_EQ(with(event, R"("b":"drop")"), R"({"a":1,"c":3})");
  EXPECT_EQ(with(event, R"("c":"drop")"), R"({"a":1,"b":2})");
  EXPECT_EQ(with(event, R"("a":"drop","b":"drop")"), R"({"c":3})");
  EXPECT_EQ(with(event, R"("b":"drop","c":"drop")"), R"({"a":1})");
  EXPECT_EQ(with(event, R"("a":"drop","c":"drop")"), R"({"b":2})");
  EXPECT_EQ(with(event, R"("a":"drop","b":"drop","c":"drop")"), "{}");
}

TEST(StoredOriginal, DropLeavesTheLayoutOfTheRest) {
  const std::string event = "{\n  \"a\" : 1 ,\n  \"b,{\" : \",\" ,\n  \"c\" : 3\n}\n";
  EXPECT_EQ(with(event, R"("a":"drop")"), "{\n  \"b,{\" : \",\" ,\n  \"c\" : 3\n}\n");
  EXPECT_EQ(with(event, R"("/b,{":"drop")"), "{\n  \"a\" : 1 ,\n  \"c\" : 3\n}\n");
  EXPECT_EQ(with(event, R"("c":"drop")"), "{\n  \"a\" : 1 ,\n  \"b,{\" : \",\"\n}\n");
}

TEST(StoredOriginal, DropTakesElements) {
  const std::string event = R"({"a":[1,[2,3],{"b":4}],"c":[5]})";
  EXPECT_EQ(with(event, R"("a.0":"drop")"), R"({"a":[[2,3],{"b":4}],"c":[5]})");
  EXPECT_EQ(with(event, R"("a.1.*":"drop","c.0":"drop")"), R"({"a":[1,[],{"b":4}],"c":[]})");
  EXPECT_EQ(with(event, R"("**.b":"drop","a.0":"drop")"), R"({"a":[[2,3],{}],"c":[5]})");
}

TEST(StoredOriginal, MaskAndHashReplaceTheValueAlone) {
  const std::string event = R"({"a" : {"b": [1, "x"]} , "c": "d"})";
  EXPECT_EQ(with(event, R"("a":"mask")"), R"({"a" : "***" , "c": "d"})");
  EXPECT_EQ(with(event, R"("a.b.1":"mask","c":"mask")"),
            R"({"a" : {"b": [1, "***"]} , "c": "***"})");
  const auto hashed = with(event, R"("c":"hash")");
  EXPECT_TRUE(hashed.starts_with(R"({"a" : {"b": [1, "x"]} , "c": "hmac-sha256:)")) << hashed;
  EXPECT_EQ(hashed.size(), event.size() - 1 + 12 + 9 + 64);
}

TEST(StoredOriginal, FindsANameHoweverItIsSpelled) {
  for (const auto* name : {R"(\u0070assword)", "PASSWORD", "Pass_Word", "pass-word", "_password_",
                           "password-", "passwor-d", R"(p\u0061ss\u005fword)"}) {
    const std::string event = std::string(R"({"x":{")") + name + R"(":"canary"}})";
    EXPECT_EQ(stored(event, "{}").text, std::string(R"({"x":{")") + name + R"(":"***"}})");
  }
}

TEST(StoredOriginal, EscapesBeforeAPlaceDoNotMoveIt) {
  const std::string event =
      "{\"\\u00fc\":\"\\n\\\"\",\"a\":\"\xC3\xBC\xF0\x9F\x98\x80\",\"pin\":1}";
  EXPECT_EQ(stored(event, "{}").text,
            "{\"\\u00fc\":\"\\n\\\"\",\"a\":\"\xC3\xBC\xF0\x9F\x98\x80\",\"pin\":\"***\"}");
}

TEST(StoredOriginal, SecretsAreMaskedUnlessOneSaysOtherwise) {
  const std::string event = R"({"token":"t","pageToken":"p","a":{"pin":1},"pins":2})";
  EXPECT_EQ(stored(event, "{}").text,
            R"({"token":"***","pageToken":"***","a":{"pin":"***"},"pins":2})");
  EXPECT_EQ(stored(event, R"({"fields":{"pageToken":"keep","a.pin":"drop"}})").text,
            R"({"token":"***","pageToken":"p","a":{},"pins":2})");
  EXPECT_EQ(stored(event, R"({"fields":{"**.*token":"keep"}})").text,
            R"({"token":"t","pageToken":"p","a":{"pin":"***"},"pins":2})");
  EXPECT_EQ(stored(event, R"({"defaults":false})").text, event);
}

TEST(StoredOriginal, EverySecretNameIsFound) {
  for (auto name : PrivacyPolicy::secret_names()) {
    if (name.starts_with('*')) name.replace(0, 1, "my");
    const auto out = stored(R"({"a":[{")" + name + R"(":"canary"}]})", "{}");
    EXPECT_EQ(out.text.find("canary"), std::string::npos) << name;
    EXPECT_EQ(out.counts.masked, 1) << name;
  }
}

TEST(StoredOriginal, NamesThatOnlyLookLikeSecretsStay) {
  const std::string event =
      R"({"tokens":1,"pinned":2,"spin":3,"company":4,"secretary":5,"passwordless":6,"key":7,)"
      R"("authorizationStatus":8,"japan":9,"interactionId":"a","cvvResult":10,"":11,"_":12,"n":13})";
  EXPECT_EQ(stored(event, "{}").text, event);
}

TEST(StoredOriginal, TheMoreExactRuleDecidesThenTheStricterOne) {
  const std::string event = R"({"a":{"b":1,"c":2}})";
  EXPECT_EQ(with(event, R"("a.*":"drop","a.b":"keep")"), R"({"a":{"b":1}})");
  EXPECT_EQ(with(event, R"("a.*":"mask","**.b":"drop")"), R"({"a":{"c":"***"}})");
  EXPECT_EQ(with(event, R"("a.b":"keep","a.B":"mask","a._b":"hash")"),
            R"({"a":{"b":"***","c":2}})");
  EXPECT_EQ(with(R"({"a":"12345678"})",
                 R"("a":{"action":"mask","keep_last":2},"A":{"action":"mask","keep_last":4})"),
            R"({"a":"***78"})");
}

TEST(StoredOriginal, KeepingAnObjectDoesNotKeepTheSecretsInIt) {
  EXPECT_EQ(stored(R"({"a":{"b":1,"token":2}})", R"({"fields":{"a":"keep"}})").text,
            R"({"a":{"b":1,"token":"***"}})");
  EXPECT_EQ(stored(R"({"x":1,"a":{"b":1,"token":2}})",
                   R"({"default_action":"drop","fields":{"a":"keep"}})")
                .text,
            R"({"a":{"b":1,"token":"***"}})");
}

TEST(StoredOriginal, DefaultDropLeavesOnlyWhatIsKept) {
  const std::string event =
      R"({"id":"i","a":{"b":{"c":1},"d":2},"e":[1,{"f":2}],"g":{},"h":[[],[]]})";
  EXPECT_EQ(with(event, "", "drop"), "{}");
  EXPECT_EQ(with(event, R"("id":"keep")", "drop"), R"({"id":"i"})");
  EXPECT_EQ(with(event, R"("a.d":"keep","e.1":"keep")", "drop"), R"({"a":{"d":2},"e":[{"f":2}]})");
  EXPECT_EQ(with(event, R"("a":"keep","a.b":"drop")", "drop"), R"({"a":{"d":2}})");
  EXPECT_EQ(with(event, R"("g":"keep","**.c":"mask")", "drop"),
            R"({"a":{"b":{"c":"***"}},"g":{}})");
}

TEST(StoredOriginal, DefaultMaskKeepsTheShape) {
  EXPECT_EQ(with(R"({"id":"i","a":{"b":1},"e":[true,null]})", R"("id":"keep")", "mask"),
            R"({"id":"i","a":{"b":"***"},"e":["***","***"]})");
}

TEST(StoredOriginal, CountsValues) {
  const auto out = stored(R"({"a":{"x":1,"y":2},"b":[1,2],"pin":3,"c":4,"d":5})",
                          R"({"fields":{"a":"drop","b.*":"drop","c":"hash","d":"keep"}})");
  EXPECT_EQ(out.counts, (PrivacyCounts{.dropped = 3, .masked = 1, .hashed = 1}));
}

TEST(StoredOriginal, OfAHugeBodyIsRightToo) {
  std::string event = "{\"list\":[";
  std::string expected = event;
  for (int i = 0; i < 20'000; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    event += comma + R"({"n":1,"pin":")" + std::to_string(i) + R"("})";
    expected += comma + R"({"n":1,"pin":"***"})";
  }
  const InputLimits limits{.max_bytes = 10'000'000, .max_depth = 32, .max_keys = 100'000};
  const auto out = PrivacyPolicy::default_policy().apply(event + "]}", limits);
  EXPECT_EQ(out.text, expected + "]}");
  EXPECT_EQ(out.counts.masked, 20'000);
}

TEST(StoredOriginal, OfADeepBodyNeedsNoDeepStack) {
  constexpr std::size_t kDepth = 200'000;
  const InputLimits limits{.max_bytes = 10'000'000, .max_depth = kDepth + 1, .max_keys = 1000};
  const auto event = [](const std::string& pin) {
    return "{\"a\":" + std::string(kDepth - 1, '[') + pin + std::string(kDepth - 1, ']') + "}";
  };
  const auto policy = PrivacyPolicy::default_policy();
  EXPECT_EQ(policy.apply(event(R"({"pin":1})"), limits).text, event(R"({"pin":"***"})"));
  const auto hashing = PrivacyPolicy::from_json(R"({"fields":{"a":"hash"}})", kHashKey);
  EXPECT_EQ(hashing.apply(event("1"), limits).counts.hashed, 1);
}

TEST(StoredOriginal, IsRefusedIfThereIsNoEvent) {
  const auto policy = PrivacyPolicy::default_policy();
  for (const auto* body : {"", "{", "[]", "1", R"({"a":1,"\u0061":2})"}) {
    EXPECT_THROW(policy.apply(body), ValidationError) << body;
  }
}

}  // namespace
}  // namespace cxrelay::testing
