// What Mapping::trace() tells of each rule, and that it agrees with what is written.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cxrelay/mapping.hpp"

namespace cxrelay {
namespace {

std::string event_with(const std::string& attributes) {
  return R"({"interactionId":"i-1","contactId":"c-1","timestamp":"2024-05-15T10:30:00Z",)"
         R"("legacyCrmId":null,"attributes":)" +
         attributes + "}";
}

// "rule source>applied>target=outcome" of each rule.
std::vector<std::string> told(const Mapping& mapping, const std::string& raw) {
  std::vector<std::string> out;
  for (const auto& rule : mapping.trace(raw)) {
    std::string applied;
    for (const auto& name : rule.applied) applied.append(applied.empty() ? "" : ",").append(name);
    out.push_back(std::to_string(rule.rule) + " " + rule.source + ">" + applied + ">" +
                  rule.target + "=" + std::string(to_text(rule.outcome)));
  }
  return out;
}

using Lines = std::vector<std::string>;

// What one rule for attribute "v" is told to do with a value, and whether the payload agrees.
std::string told_of(const std::string& value, const std::string& more) {
  const auto mapping = Mapping::from_json(R"([{"from":"attributes.v","to":"t")" + more + "}]");
  const auto raw = event_with(value.empty() ? "{}" : "{\"v\":" + value + "}");
  const auto trace = mapping.trace(raw).at(0);
  const auto result = mapping.apply_json(raw);
  const auto* mapped = std::get_if<MappedEvent>(&result);
  const bool written =
      trace.outcome == RuleOutcome::written || trace.outcome == RuleOutcome::used_default;
  EXPECT_EQ(written, mapped != nullptr && !mapped->payload.empty()) << value << more;
  return told(mapping, raw).at(0).substr(std::string("0 attributes.v").size());
}

TEST(Trace, EachOutcome) {
  EXPECT_EQ(told_of("\"x\"", ""), ">>t=written");
  EXPECT_EQ(told_of("0", ""), ">>t=written");
  EXPECT_EQ(told_of("\" \"", ""), ">>t=empty");
  EXPECT_EQ(told_of("null", ""), ">>t=empty");
  EXPECT_EQ(told_of("", ""), ">>t=missing");
  EXPECT_EQ(told_of("", R"(,"default":1)"), ">>t=default");
  EXPECT_EQ(told_of("", R"(,"when_missing":"error")"), ">>t=missing");
}

TEST(Trace, FunctionsThatRan) {
  const std::string functions = R"(,"apply":["trim",{"name":"truncate","max":1},"upper"])";
  EXPECT_EQ(told_of("\"ab\"", functions), ">trim,truncate,upper>t=written");
  EXPECT_EQ(told_of("\"\"", functions), ">>t=empty");
  EXPECT_EQ(told_of("\" a\"", R"(,"apply":[{"name":"truncate","max":1},"upper"])"),
            ">truncate>t=empty");
  EXPECT_EQ(told_of("[1]", R"(,"apply":["string"])"), ">string>t=written");
}

TEST(Trace, Lookups) {
  const std::string table = R"(,"apply":["lower"],"lookup":{"a":"A","b":null})";
  EXPECT_EQ(told_of("\"A\"", table), ">lower,lookup>t=written");
  EXPECT_EQ(told_of("\"B\"", table), ">lower,lookup>t=empty");
  EXPECT_EQ(told_of("\"c\"", table + R"(,"default":"C")"), ">lower,lookup>t=default");
}

TEST(Trace, FollowsTheOrderOfTheRulesNotOfThePayload) {
  const auto mapping = Mapping::from_json(
      R"([{"from":"interaction_id","to":"a.x"},{"from":"timestamp","to":"b","apply":["lower"]},)"
      R"({"from":"/attributes/q","to":"a.y"},{"from":"legacy_crm_id","to":"c"}])");
  EXPECT_EQ(told(mapping, event_with(R"({"q":true})")),
            (Lines{"0 interactionId>>a.x=written", "1 timestamp>lower>b=written",
                   "2 attributes.q>>a.y=written", "3 legacyCrmId>>c=empty"}));
}

TEST(Trace, WhatIsNoEventIsRefused) {
  EXPECT_THROW(Mapping::default_mapping().trace("{}"), ValidationError);
}

TEST(Trace, AsksNoLimits) {
  const std::string large(300 * 1024, 'x');
  EXPECT_EQ(told(Mapping::from_json(R"({"queue_name":"q"})"),
                 event_with(R"({"queueName":")" + large + "\"}")),
            Lines{"0 attributes.queueName>>q=written"});
}

}  // namespace
}  // namespace cxrelay
