// Rules as JSON text: what is read, what is refused, and what makes a version.
#include <gtest/gtest.h>

#include <string>

#include "cxrelay/errors.hpp"
#include "cxrelay/privacy.hpp"

namespace cxrelay::testing {
namespace {

constexpr std::string_view kKey = "0123456789abcdef";

std::string refusal(std::string_view rules, std::string_view key = {}) {
  try {
    PrivacyPolicy::from_json(rules, key);
  } catch (const ConfigError& error) {
    return error.what();
  }
  ADD_FAILURE() << "taken: " << rules;
  return "";
}

std::string version(std::string_view rules, std::string_view key = {}) {
  return PrivacyPolicy::from_json(rules, key).version();
}

TEST(PrivacyRules, AnEmptyObjectIsTheDefault) {
  EXPECT_EQ(PrivacyPolicy::from_json("{}"), PrivacyPolicy::default_policy());
  EXPECT_EQ(PrivacyPolicy::default_policy().rules_json(),
            R"({"defaults":true,"default_action":"keep","fields":{}})");
}

TEST(PrivacyRules, HaveOneFormThatReadsBack) {
  const auto policy = PrivacyPolicy::from_json(
      R"({"fields": {"b": {"action": "mask", "keep_last": 2}, "a": "hash", "c": {"action": "drop"}},
          "default_action": "drop", "defaults": false})",
      kKey);
  EXPECT_EQ(policy.rules_json(), R"({"defaults":false,"default_action":"drop","fields":)"
                                 R"({"a":"hash","b":{"action":"mask","keep_last":2},"c":"drop"}})");
  EXPECT_EQ(PrivacyPolicy::from_json(policy.rules_json(), kKey), policy);
}

TEST(PrivacyRules, AVersionStandsForRulesAndKey) {
  EXPECT_EQ(version(R"({"fields":{"a":"drop","b":"mask"}})"),
            version(R"({"fields":{"b":"mask", "a":"drop"}, "defaults":true})"));
  EXPECT_NE(version("{}"), version(R"({"defaults":false})"));
  EXPECT_NE(version("{}"), version(R"({"fields":{"a":"keep"}})"));
  EXPECT_NE(version("{}"), version("{}", kKey));
  EXPECT_NE(version("{}", "another key than this"), version("{}", kKey));
  EXPECT_EQ(version("{}").size(), 12U);
}

TEST(PrivacyRules, AreRefusedWithTheirPlace) {
  EXPECT_NE(refusal("[]").find("JSON object"), std::string::npos);
  EXPECT_NE(refusal("{").find("JSON object"), std::string::npos);
  EXPECT_NE(refusal(R"({"fields":{"a":"drop","a":"mask"}})").find("twice"), std::string::npos);
  EXPECT_NE(refusal(R"({"field":{}})").find("known members"), std::string::npos);
  EXPECT_NE(refusal(R"({"defaults":1})").find("defaults: must be true"), std::string::npos);
  EXPECT_NE(refusal(R"({"default_action":"hide"})").find("default_action"), std::string::npos);
  EXPECT_NE(refusal(R"({"fields":[]})").find("fields: must be"), std::string::npos);
  EXPECT_NE(refusal(R"({"fields":{"a.b":"hide"}})").find(R"(fields "a.b": must be)"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"fields":{"a..b":"drop"}})").find(R"("a..b": a dotted path)"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"fields":{"a":{"keep_last":2}}})").find("action is missing"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"fields":{"a":{"action":"mask","last":2}}})").find("only keep_last"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"fields":{"a":{"action":"drop","keep_last":2}}})").find("\"mask\" only"),
            std::string::npos);
  for (const auto* number : {"9", "-1", "1.5", "\"2\"", "99999999999999999999"}) {
    const auto rules =
        std::string(R"({"fields":{"a":{"action":"mask","keep_last":)") + number + "}}}";
    EXPECT_NE(refusal(rules).find("whole number from 0 to 8"), std::string::npos) << number;
  }
}

TEST(PrivacyRules, HashNeedsAKey) {
  EXPECT_NE(refusal(R"({"fields":{"a":"hash"}})").find("needs a key"), std::string::npos);
  EXPECT_NE(refusal(R"({"default_action":"hash"})").find("needs a key"), std::string::npos);
  EXPECT_NE(refusal("{}", "too short").find("16 to 4096"), std::string::npos);
  EXPECT_EQ(refusal("{}", "too short").find("too short"), std::string::npos);
  EXPECT_NE(refusal("{}", std::string(4097, 'k')).find("16 to 4096"), std::string::npos);
}

TEST(PrivacyRules, TooManyAreRefused) {
  std::string rules = R"({"fields":{)";
  for (int i = 0; i <= 1000; ++i) {
    if (i > 0) rules += ',';
    rules += "\"f" + std::to_string(i) + "\":\"drop\"";
  }
  EXPECT_NE(refusal(rules + "}}").find("more than 1000"), std::string::npos);
}

}  // namespace
}  // namespace cxrelay::testing
