// The event model: fields, names, every reason at once. That verdicts equal pydantic's is tested
// from Python.
#include "cxrelay/event.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace cxrelay {
namespace {

using Reasons = std::vector<std::pair<std::string, std::vector<std::string>>>;

constexpr std::string_view kSample = R"({
  "interactionId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "contactId": "contact-98765",
  "timestamp": "2024-05-15T10:30:00Z",
  "attributes": {"queueName": "Support", "n": 123456789012345678901234567890, "d": 1.10},
  "legacyCrmId": "CRM-45902", "sourceChannel": null})";

InteractionEvent event_of(std::string_view text) {
  auto result = parse_event(text);
  EXPECT_TRUE(std::holds_alternative<InteractionEvent>(result)) << text;
  return std::get<InteractionEvent>(std::move(result));
}

Reasons reasons_of(std::string_view text, const InputLimits& limits = {}) {
  Reasons reasons;
  const auto result = parse_event(text, limits);
  const auto* details = std::get_if<std::vector<ErrorDetail>>(&result);
  if (details == nullptr) return reasons;
  for (const auto& detail : *details) {
    EXPECT_FALSE(detail.msg.empty());
    reasons.emplace_back(detail.type, detail.loc);
  }
  return reasons;
}

std::string with(const std::string& members) {
  return R"({"interactionId":"i","contactId":"c","timestamp":"2024-05-15T10:30:00Z",)" + members +
         "}";
}

TEST(ParseEvent, ReadsTheTutorialsSample) {
  const auto event = event_of(kSample);
  EXPECT_EQ(event.interaction_id, "a1b2c3d4-e5f6-7890-abcd-ef1234567890");
  EXPECT_EQ(event.contact_id, "contact-98765");
  EXPECT_EQ(event.timestamp, (Timestamp{1'715'769'000'000'000, 0}));
  EXPECT_EQ(event.attributes,
            R"({"queueName":"Support","n":123456789012345678901234567890,"d":1.10})");
  EXPECT_EQ(event.legacy_crm_id, "CRM-45902");
  EXPECT_EQ(event.source_channel, std::nullopt);
  EXPECT_EQ(event.original, kSample);
  EXPECT_EQ(event.idempotency_key(), event.interaction_id + "_2024-05-15T10:30:00+00:00");
}

TEST(ParseEvent, TakesEitherNameAndPrefersTheAlias) {
  const auto event = event_of(R"({"contact_id":"c2","contactId":"c1","interaction_id":"i",)"
                              R"("timestamp":0,"source_channel":"voice"})");
  EXPECT_EQ(event.contact_id, "c1");
  EXPECT_EQ(event.interaction_id, "i");
  EXPECT_EQ(event.source_channel, "voice");
  EXPECT_EQ(event.attributes, "{}");
}

TEST(ParseEvent, GivesEveryReasonInTheOrderOfTheFields) {
  EXPECT_EQ(reasons_of("{}"), (Reasons{{"missing", {"interactionId"}},
                                       {"missing", {"contactId"}},
                                       {"missing", {"timestamp"}}}));
  EXPECT_EQ(reasons_of(R"({"sourceChannel":1,"legacy_crm_id":[],"attributes":null,"timestamp":true,
                           "contact_id":"a b","interactionId":7})"),
            (Reasons{{"string_type", {"interactionId"}},
                     {"id_pattern", {"contact_id"}},
                     {"datetime_type", {"timestamp"}},
                     {"dict_type", {"attributes"}},
                     {"string_type", {"legacy_crm_id"}},
                     {"string_type", {"sourceChannel"}}}));
}

TEST(ParseEvent, RefusesABodyForOneReason) {
  const auto only = [](const char* type) { return Reasons{{type, {}}}; };
  EXPECT_EQ(reasons_of(""), only("json_invalid"));
  EXPECT_EQ(reasons_of("\"\xff\""), only("json_invalid"));
  EXPECT_EQ(reasons_of("[]"), only("model_type"));
  EXPECT_EQ(reasons_of(with(R"("x":{"a":1,"a":1})")), only("json_duplicate_key"));
  EXPECT_EQ(reasons_of(with(R"("x":NaN)")), only("json_not_finite"));
  EXPECT_EQ(reasons_of(std::string(10'000'000, ' ')), only("body_too_large"));
  EXPECT_EQ(reasons_of(std::string(10'000, '[')), only("json_too_deep"));
  EXPECT_EQ(reasons_of(with(R"("x":{})"), {.max_keys = 3}), only("json_too_many_keys"));
}

TEST(ParseEvent, MessagesNeverHoldTheValue) {
  const auto result = parse_event(R"({"interactionId":"s3cret !","contactId":["s3cret"],
      "timestamp":"s3cret","attributes":"s3cret","legacyCrmId":{"s3cret":1},"sourceChannel":1})");
  for (const auto& detail : std::get<std::vector<ErrorDetail>>(result)) {
    EXPECT_EQ(detail.msg.find("s3cret"), std::string::npos);
  }
}

TEST(ParseEvent, AnIdIsSafeInUrlsLogsAndKeys) {
  const auto is_id = [](const std::string& id) {
    return reasons_of(R"({"interactionId":")" + id + R"(","contactId":"c","timestamp":0})").empty();
  };
  for (const std::string id : {"a", "0", "A.b_c~d:e-f"}) EXPECT_TRUE(is_id(id)) << id;
  EXPECT_TRUE(is_id(std::string(128, 'x')));
  EXPECT_FALSE(is_id(std::string(129, 'x')));
  for (const std::string id :
       {"", "-a", ".", "a b", "a/b", "a%", "\xc3\xa9", "a\\u0000", "a\\n", "a\x7f"}) {
    EXPECT_FALSE(is_id(id)) << id;
  }
}

TEST(EventJson, EqualsPydanticsDump) {
  const auto event = event_of(with(R"("attributes":{"a":[1.10,1e5,1E16,1e-5,1e-6,-0.0,-0,[],{}],)"
                                   R"("b":{"c":"\u00e9\/\u001f"}},"legacyCrmId":"x")"));
  EXPECT_EQ(
      event.to_json(true),
      R"({"interactionId":"i","contactId":"c","timestamp":"2024-05-15T10:30:00Z","attributes":)"
      R"({"a":[1.1,100000.0,1e+16,0.00001,1e-6,-0.0,0,[],{}],"b":{"c":"é/\u001f"}},)"
      R"("legacyCrmId":"x","sourceChannel":null})");
  EXPECT_TRUE(event.to_json(false).starts_with(R"({"interaction_id":"i","contact_id":"c")"));
}

}  // namespace
}  // namespace cxrelay
