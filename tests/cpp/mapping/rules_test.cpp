// Compiling rules: what is refused and where, the forms that are accepted, versions and round
// trips.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/mapping.hpp"

namespace cxrelay {
namespace {

struct Refused {
  const char* rules;
  const char* place;
  const char* part;  // of the message
};

void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.rules; }

class RefusedRules : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRules, HavePlaceAndReason) {
  try {
    Mapping::from_json(GetParam().rules);
    FAIL() << "accepted";
  } catch (const MappingError& error) {
    EXPECT_EQ(error.place(), GetParam().place);
    EXPECT_NE(std::string(error.what()).find(GetParam().part), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Text, RefusedRules,
    testing::Values(Refused{"[", "byte 1", "not valid JSON"},
                    Refused{"", "byte 0", "not valid JSON"}, Refused{"\"\xff\"", "byte 1", "UTF-8"},
                    Refused{"5", "rules", "a list of rules"}, Refused{"[]", "rules", "no rules"},
                    Refused{"{}", "rules", "no rules"},
                    Refused{R"({"rules":[]})", "rules", "no rules"},
                    Refused{R"({"rules":{}})", "rules", "a list of rules"},
                    Refused{R"({"rules":[],"x":"y"})", "rules", "no other key"},
                    Refused{R"([5])", "rules[0]", "an object"}));

INSTANTIATE_TEST_SUITE_P(
    Keys, RefusedRules,
    testing::Values(
        Refused{R"([{"to":"a"}])", "rules[0]", "'from' is missing"},
        Refused{R"([{"from":"timestamp"}])", "rules[0]", "'to' is missing"},
        Refused{R"([{"from":"timestamp","to":"a","form":1}])", "rules[0].form", "unknown key"},
        Refused{R"([{"from":1,"to":"a"}])", "rules[0].from", "a string"},
        Refused{R"([{"from":"legacy","to":"a"}])", "rules[0].from", "not an event field"},
        Refused{R"([{"from":"legacyCrmId.x","to":"a"}])", "rules[0].from", "not an event field"},
        Refused{R"([{"from":"attributes..x","to":"a"}])", "rules[0].from", "empty part"},
        Refused{R"([{"from":"","to":"a"}])", "rules[0].from", "empty"},
        Refused{R"([{"from":"/a~2","to":"a"}])", "rules[0].from", "'~'"},
        Refused{R"([{"from":"/a~","to":"a"}])", "rules[0].from", "'~'"},
        Refused{R"([{"from":"/a","to":null}])", "rules[0].to", "a string"},
        Refused{R"([{"from":"/a","to":""}])", "rules[0].to", "empty"},
        Refused{R"([{"from":"/a","to":"a."}])", "rules[0].to", "empty part"},
        Refused{R"([{"from":"/a","to":"/a//b"}])", "rules[0].to", "empty"},
        Refused{R"([{"from":"/a","to":"a","when_missing":"skip"}])", "rules[0].when_missing",
                "'drop'"},
        Refused{R"([{"from":"/a","to":"a","when_missing":"default"}])", "rules[0].when_missing",
                "'default' is missing"},
        Refused{R"([{"from":"/a","to":"a","default":1,"when_missing":"error"}])",
                "rules[0].when_missing", "a default needs"},
        Refused{R"([{"from":"/a","to":"a","default":" "}])", "rules[0].default", "dropped"},
        Refused{R"([{"from":"/a","to":"a","default":[]}])", "rules[0].default", "dropped"},
        Refused{R"([{"from":"/a","to":"a","lookup":[]}])", "rules[0].lookup", "an object"},
        Refused{R"([{"from":"/a","to":"a","lookup":{}}])", "rules[0].lookup", "no entries"}));

INSTANTIATE_TEST_SUITE_P(
    Functions, RefusedRules,
    testing::Values(
        Refused{R"([{"from":"/a","to":"a","apply":"upper"}])", "rules[0].apply", "a list"},
        Refused{R"([{"from":"/a","to":"a","apply":["upper","shout"]}])", "rules[0].apply[1]",
                "no function 'shout'"},
        Refused{R"([{"from":"/a","to":"a","apply":[1]}])", "rules[0].apply[0]", "a function name"},
        Refused{R"([{"from":"/a","to":"a","apply":[{"max":1}]}])", "rules[0].apply[0]", "'name'"},
        Refused{R"([{"from":"/a","to":"a","apply":[{"name":"upper","max":1}]}])",
                "rules[0].apply[0].max", "unknown key"},
        Refused{R"([{"from":"/a","to":"a","apply":["truncate"]}])", "rules[0].apply[0]", "'max'"},
        Refused{R"([{"from":"/a","to":"a","apply":[{"name":"truncate","max":0}]}])",
                "rules[0].apply[0].max", "whole number"},
        Refused{R"([{"from":"/a","to":"a","apply":[{"name":"truncate","max":1.5}]}])",
                "rules[0].apply[0].max", "whole number"},
        Refused{
            R"([{"from":"/a","to":"a","apply":[{"name":"truncate","max":99999999999999999999}]}])",
            "rules[0].apply[0].max", "whole number"},
        Refused{R"([{"from":"/a","to":"a","apply":[{"name":"prefix","text":""}]}])",
                "rules[0].apply[0].text", "a text of"}));

INSTANTIATE_TEST_SUITE_P(
    Targets, RefusedRules,
    testing::Values(
        Refused{R"([{"from":"/a","to":"x.y"},{"from":"/b","to":"x.y"}])", "rules[1]", "rules[0]"},
        Refused{R"([{"from":"/a","to":"x"},{"from":"/b","to":"x.y"}])", "rules[1]", "collides"},
        Refused{R"([{"from":"/a","to":"x.y.z"},{"from":"/b","to":"x.y"}])", "rules[1]", "collides"},
        Refused{R"({"legacy_crm_id":"a","queue_name":"a"})", "rules.queue_name",
                "rules.legacy_crm_id"},
        Refused{R"({"legacy_crm_id":1})", "rules.legacy_crm_id", "a string"},
        Refused{R"({"a.b":"c"})", "rules.a.b", "not an event field"}));

// [element, element, ...]
std::string list_of(std::size_t count, std::string_view element) {
  return fmt::format("[{}]", fmt::join(std::vector<std::string_view>(count, element), ","));
}

std::string rules_of(std::size_t count) {
  std::vector<std::string> rules;
  for (std::size_t i = 0; i < count; ++i) {
    rules.push_back(fmt::format(R"({{"from":"/{0}","to":"t{0}"}})", i));
  }
  return fmt::format("[{}]", fmt::join(rules, ","));
}

std::string rule_with_functions(std::size_t count) {
  return fmt::format(R"([{{"from":"/a","to":"a","apply":{}}}])", list_of(count, "\"trim\""));
}

TEST(Rules, AreBounded) {
  EXPECT_NO_THROW(Mapping::from_json(rules_of(1000)));
  EXPECT_THROW(Mapping::from_json(rules_of(1001)), MappingError);
  EXPECT_NO_THROW(Mapping::from_json(rule_with_functions(16)));
  EXPECT_THROW(Mapping::from_json(rule_with_functions(17)), MappingError);
  EXPECT_THROW(Mapping::from_json(std::string(1024 * 1024 + 1, ' ')), MappingError);
}

TEST(Rules, ShorthandIsTheTutorialsMapper) {
  const auto mapping = Mapping::from_json(R"({
      "legacy_crm_id": "attributes.crmReferenceId", "source_channel": "attributes.originChannel",
      "queue_name": "attributes.routingQueue", "wrap_up_code": "attributes.dispositionCode",
      "agent_name": "attributes.servingAgentName"})");
  EXPECT_EQ(mapping, Mapping::default_mapping());
  EXPECT_EQ(mapping.rules_json(),
            R"([{"from":"legacyCrmId","to":"attributes.crmReferenceId"},)"
            R"({"from":"sourceChannel","to":"attributes.originChannel","apply":["upper"]},)"
            R"({"from":"attributes.queueName","to":"attributes.routingQueue"},)"
            R"({"from":"attributes.wrapUpCode","to":"attributes.dispositionCode"},)"
            R"({"from":"attributes.agentName","to":"attributes.servingAgentName"}])");
}

TEST(Rules, EqualRulesHaveOneTextAndVersion) {
  const auto plain = Mapping::from_json(R"([{"from":"attributes.q","to":"a.b"}])");
  for (const char* same :
       {R"([{"to":"a.b","from":"/attributes/q","apply":[],"when_missing":"drop","default":null}])",
        R"({"rules":[{"from":"attributes.q","to":"/a/b"}]})", R"({"q":"a.b"})",
        R"({"attributes.q":"a.b"})", "[{\"from\":\"attributes.\\u0071\",\"to\":\"a.b\"}]"}) {
    EXPECT_EQ(Mapping::from_json(same), plain) << same;
    EXPECT_EQ(Mapping::from_json(same).version(), plain.version()) << same;
  }
  const auto other = Mapping::from_json(R"([{"from":"attributes.q","to":"a.c"}])");
  EXPECT_FALSE(other == plain);
  EXPECT_NE(other.version(), plain.version());
  EXPECT_EQ(plain.version().size(), 12U);
}

TEST(Rules, RoundTripInFullForm) {
  const std::string rules =
      R"([{"from":"timestamp","to":"/a.b/c","apply":["trim",{"name":"truncate","max":9},)"
      R"({"name":"prefix","text":"\"é"}],"lookup":{"":1.50,"a":null,"b":{"x":[" "]}},)"
      R"("default":[0]},)"
      R"({"from":"/a.b/~0~1","to":"d","when_missing":"error"},)"
      R"({"from":"/attributes/a.b","to":"e"}])";
  EXPECT_EQ(Mapping::from_json(rules).rules_json(), rules);
}

}  // namespace
}  // namespace cxrelay
