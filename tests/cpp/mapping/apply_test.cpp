// What rules give for events: values, functions, tables, defaults, missing values, the shape of the
// payload.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cxrelay/mapping.hpp"

namespace cxrelay {
namespace {

std::string body(const std::string& attributes, const std::string& more = "") {
  return R"({"interactionId":"i-1","contactId":"c-1","timestamp":"2024-05-15T10:30:00Z",)"
         R"("attributes":)" +
         attributes + more + "}";
}

std::string payload(const Mapping& mapping, const std::string& raw) {
  const auto result = mapping.apply_json(raw);
  const auto* mapped = std::get_if<MappedEvent>(&result);
  if (!mapped) return "refused";
  auto event = std::get<InteractionEvent>(parse_event(raw));
  EXPECT_EQ(mapping.apply(event), mapped->payload);
  return mapped->payload;
}

// What the value of attribute "v" becomes by one rule with `more` keys.
std::string mapped(const std::string& value, const std::string& more = "") {
  const auto mapping = Mapping::from_json(R"([{"from":"attributes.v","to":"t")" + more + "}]");
  return payload(mapping, body("{\"v\":" + value + "}"));
}

std::string upper_of(const std::string& value) { return mapped(value, R"(,"apply":["upper"])"); }

constexpr const char* kTutorialEvent = R"({
  "interactionId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "contactId": "contact-98765",
  "timestamp": "2024-05-15T10:30:00Z",
  "attributes": {"queueName": "Support", "wrapUpCode": "Resolved"},
  "legacyCrmId": "CRM-45902", "sourceChannel": "voice"})";

TEST(Apply, TutorialsEvent) {
  const auto result = Mapping::default_mapping().apply_json(kTutorialEvent);
  const auto& event = std::get<MappedEvent>(result);
  EXPECT_EQ(event.interaction_id, "a1b2c3d4-e5f6-7890-abcd-ef1234567890");
  EXPECT_EQ(event.idempotency_key,
            "a1b2c3d4-e5f6-7890-abcd-ef1234567890_2024-05-15T10:30:00+00:00");
  EXPECT_EQ(event.event_time_us, 1'715'769'000'000'000);
  EXPECT_EQ(event.payload, R"({"attributes":{"crmReferenceId":"CRM-45902","originChannel":"VOICE",)"
                           R"("routingQueue":"Support","dispositionCode":"Resolved"}})");
}

TEST(Apply, EmptyValuesAreDropped) {
  for (const char* value : {"null", "\"\"", "\" \\t\\u00a0\"", "[]", "{}", "[ ]"}) {
    EXPECT_EQ(mapped(value), "") << value;
  }
  EXPECT_EQ(payload(Mapping::default_mapping(), body("{}")), "");
}

TEST(Apply, OtherValuesKeepTheirExactText) {
  for (const char* value :
       {"0", "false", "true", "-0.0", "1e2", "1.10", "123456789012345678901234567890", "\"a\"",
        "\" a\"", "\"\\u00e9\\/\"", "[null]", "{\"a\":\"\"}", "[[]]", "\"\\ud83d\\ude00\""}) {
    EXPECT_EQ(mapped(value), std::string("{\"t\":") + value + "}");
  }
  EXPECT_EQ(mapped("[ 1 , { \"a b\" : \" \\\" \" } ]"), R"({"t":[1,{"a b":" \" "}]})");
}

TEST(Apply, ReadsFieldsAttributesAndBody) {
  const auto mapping = Mapping::from_json(R"([
      {"from":"interaction_id","to":"a"}, {"from":"contactId","to":"b"},
      {"from":"timestamp","to":"c"}, {"from":"/timestamp","to":"d"},
      {"from":"attributes.x.0.y","to":"e"}, {"from":"/extra/a.b","to":"f"},
      {"from":"/attributes/p.q","to":"g"}, {"from":"legacy_crm_id","to":"h"},
      {"from":"attributes","to":"i"}])");
  EXPECT_EQ(
      payload(mapping,
              body(R"({"x":[{"y":1}],"p.q":2})", R"(,"extra":{"a.b":3},"legacy_crm_id":"q\"é")")),
      R"({"a":"i-1","b":"c-1","c":"2024-05-15T10:30:00+00:00","d":"2024-05-15T10:30:00Z","e":1,)"
      R"("f":3,"g":2,"h":"q\"é","i":{"x":[{"y":1}],"p.q":2}})");
}

TEST(Apply, PayloadHasTheOrderOfTheRules) {
  const auto mapping = Mapping::from_json(R"([
      {"from":"attributes.a","to":"x.p.a"}, {"from":"attributes.b","to":"y"},
      {"from":"attributes.c","to":"x.q"}, {"from":"attributes.d","to":"x.p.d"},
      {"from":"attributes.e","to":"/z.z/\"e"}])");
  EXPECT_EQ(payload(mapping, body(R"({"e":5,"d":4,"c":3,"b":2,"a":1})")),
            R"({"x":{"p":{"a":1,"d":4},"q":3},"y":2,"z.z":{"\"e":5}})");
  EXPECT_EQ(payload(mapping, body(R"({"d":4})")), R"({"x":{"p":{"d":4}}})");
  EXPECT_EQ(payload(mapping, body(R"({"b":2,"e":5})")), R"({"y":2,"z.z":{"\"e":5}})");
  EXPECT_EQ(payload(mapping, body(R"({"c":3,"e":""})")), R"({"x":{"q":3}})");
}

// "{a, b}" for the members that are there, or nothing.
std::string joined(const std::vector<std::string>& members) {
  std::string out;
  for (const auto& member : members) {
    if (!member.empty()) out += (out.empty() ? "" : ",") + member;
  }
  return out.empty() ? "" : "{" + out + "}";
}

std::string named(const std::string& name, const std::string& value) {
  return value.empty() ? "" : "\"" + name + "\":" + value;
}

TEST(Apply, AnyMembersMayBeMissing) {
  const std::string long_name(50, 'n');
  const auto mapping = Mapping::from_json(
      R"([{"from":"attributes.0","to":"x.p.a"}, {"from":"attributes.1","to":"x.p.b"},
          {"from":"attributes.2","to":"x.q.c"}, {"from":"attributes.3","to":"x.d"},
          {"from":"attributes.4","to":")" +
      long_name + R"("}, {"from":"attributes.5","to":"y.z.e"}])");
  for (unsigned there = 0; there < 64; ++there) {
    std::vector<std::string> values;
    std::vector<std::string> sent;
    for (unsigned i = 0; i < 6; ++i) {
      values.push_back((there >> i & 1U) != 0 ? "\"v" + std::to_string(i) + "\"" : "");
      sent.push_back(named(std::to_string(i), values[i]));
    }
    const auto p = joined({named("a", values[0]), named("b", values[1])});
    const auto q = joined({named("c", values[2])});
    const auto x = joined({named("p", p), named("q", q), named("d", values[3])});
    const auto y = joined({named("z", joined({named("e", values[5])}))});
    const auto expected = joined({named("x", x), named(long_name, values[4]), named("y", y)});
    EXPECT_EQ(payload(mapping, body(there == 0 ? "{}" : joined(sent))), expected) << there;
  }
}

TEST(Apply, OneSourceMayServeManyTargets) {
  const auto mapping = Mapping::from_json(R"([{"from":"attributes.a","to":"x"},
      {"from":"/attributes/a","to":"y","apply":["upper"]}])");
  EXPECT_EQ(payload(mapping, body(R"({"a":"b"})")), R"({"x":"b","y":"B"})");
}

TEST(Functions, ChangeStringsOnly) {
  EXPECT_EQ(upper_of("\"stra\\u00dfe\""), R"({"t":"STRASSE"})");
  EXPECT_EQ(upper_of("\"a\\n\\\"b\""), R"({"t":"A\n\"B"})");
  EXPECT_EQ(upper_of("[\"a\"]"), R"({"t":["a"]})");
  EXPECT_EQ(upper_of("1e5"), R"({"t":1e5})");
  EXPECT_EQ(mapped("\" A \"", R"(,"apply":["trim","lower"])"), R"({"t":"a"})");
  EXPECT_EQ(mapped("\"abc\"", R"(,"apply":[{"name":"truncate","max":2}])"), R"({"t":"ab"})");
  EXPECT_EQ(
      mapped("\"a\"", R"(,"apply":[{"name":"prefix","text":"x-"},{"name":"suffix","text":"-\""}])"),
      R"({"t":"x-a-\""})");
}

// One case function alone has a way of its own, behind another function it has not.
TEST(Functions, CaseIsTheSameAloneAndBehindAnother) {
  const std::string plain = "aZ@[`{ mM09zA.yY-xXbBcC_dDeE~fFgGhHiIjJkK";
  for (const std::string name : {"upper", "lower"}) {
    const std::string alone = R"(,"apply":[")" + name + R"("])";
    const std::string behind = R"(,"apply":["string",")" + name + R"("])";
    for (std::size_t size = 0; size <= plain.size(); ++size) {
      const std::string text = plain.substr(0, size);
      for (const std::string end : {"", "ß", "é", "Σ", "\\n", "\\\"", "\\u00e9", "\\u0041"}) {
        const std::string value = '"' + text + end + '"';
        EXPECT_EQ(mapped(value, alone), mapped(value, behind)) << value;
      }
    }
  }
  EXPECT_EQ(mapped("\" \"", R"(,"apply":["upper"])"), "");
  EXPECT_EQ(mapped("[\"a\"]", R"(,"apply":["upper"])"), R"({"t":["a"]})");
}

TEST(Functions, StringTakesTheExactText) {
  EXPECT_EQ(mapped("1.10", R"(,"apply":["string"])"), R"({"t":"1.10"})");
  EXPECT_EQ(mapped("false", R"(,"apply":["string"])"), R"({"t":"false"})");
  EXPECT_EQ(mapped("[ \"a\" ]", R"(,"apply":["string","upper"])"), R"({"t":"[\"A\"]"})");
  EXPECT_EQ(mapped("\"a\"", R"(,"apply":["string"])"), R"({"t":"a"})");
}

TEST(Functions, EmptyStaysEmpty) {
  constexpr const char* kPrefix = R"(,"apply":["trim",{"name":"prefix","text":"CRM-"}])";
  EXPECT_EQ(mapped("\"\"", kPrefix), "");
  EXPECT_EQ(mapped("\"  \"", kPrefix), "");
  EXPECT_EQ(mapped("null", kPrefix), "");
  EXPECT_EQ(
      mapped("\" a\"", R"(,"apply":[{"name":"truncate","max":1},{"name":"suffix","text":"!"}])"),
      "");
}

TEST(Lookup, TakesTextOfScalars) {
  constexpr const char* kTable = R"(,"lookup":{"a":"A","1":[1, 2],"true":0,"gone":null})";
  EXPECT_EQ(mapped("\"a\"", kTable), R"({"t":"A"})");
  EXPECT_EQ(mapped("1", kTable), R"({"t":[1,2]})");
  EXPECT_EQ(mapped("true", kTable), R"({"t":0})");
  for (const char* missing : {"\"gone\"", "\"b\"", "1.0", "[\"a\"]", "null", "\"\""}) {
    EXPECT_EQ(mapped(missing, kTable), "") << missing;
  }
}

TEST(Lookup, ComesBehindFunctionsAndBeforeDefault) {
  constexpr const char* kRule = R"(,"apply":["trim","lower"],"lookup":{"voice":1},"default":9)";
  EXPECT_EQ(mapped("\" VOICE\"", kRule), R"({"t":1})");
  EXPECT_EQ(mapped("\"chat\"", kRule), R"({"t":9})");
  EXPECT_EQ(mapped("null", kRule), R"({"t":9})");
}

TEST(Missing, DefaultStandsForAnyEmptyResult) {
  constexpr const char* kDefault = R"(,"default":{"a": [false]})";
  for (const char* value : {"null", "\" \"", "{}"}) {
    EXPECT_EQ(mapped(value, kDefault), R"({"t":{"a":[false]}})") << value;
  }
  EXPECT_EQ(mapped("0", kDefault), R"({"t":0})");
}

TEST(Missing, ErrorsNameEverySource) {
  const auto mapping = Mapping::from_json(R"([
      {"from":"legacy_crm_id","to":"a","when_missing":"error"},
      {"from":"attributes.x","to":"b","when_missing":"error"},
      {"from":"/extra/0","to":"c","when_missing":"error"}, {"from":"contact_id","to":"d"}])");
  const auto raw = body(R"({"x":""})");
  const auto result = mapping.apply_json(raw);
  const auto& errors = std::get<std::vector<ErrorDetail>>(result);
  ASSERT_EQ(errors.size(), 3U);
  using Loc = std::vector<std::string>;
  EXPECT_EQ(errors[0].loc, Loc{"legacyCrmId"});
  EXPECT_EQ(errors[1].loc, (Loc{"attributes", "x"}));
  EXPECT_EQ(errors[2].loc, (Loc{"extra", "0"}));
  for (const auto& error : errors) EXPECT_EQ(error.type, "mapping_missing");
  EXPECT_THROW(mapping.apply(std::get<InteractionEvent>(parse_event(raw))), ValidationError);
}

TEST(Apply, InvalidEventsGiveTheParsersErrors) {
  const std::string raw = R"({"interactionId":1})";
  const auto result = Mapping::default_mapping().apply_json(raw);
  EXPECT_EQ(std::get<std::vector<ErrorDetail>>(result),
            std::get<std::vector<ErrorDetail>>(parse_event(raw)));
}

TEST(Apply, ReusedResultHoldsNothingOfTheEventBefore) {
  const auto mapping = Mapping::default_mapping();
  MappedEvent out;
  std::vector<ErrorDetail> errors;
  EXPECT_TRUE(mapping.apply_json(kTutorialEvent, {}, out, errors));
  EXPECT_FALSE(mapping.apply_json("[", {}, out, errors));
  EXPECT_FALSE(errors.empty());
  EXPECT_TRUE(mapping.apply_json(body("{}"), {}, out, errors));
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(out.payload, "");
  EXPECT_EQ(out.idempotency_key, "i-1_2024-05-15T10:30:00+00:00");
}

TEST(Apply, TheKeyHoldsTheIsoformatOfAnyTime) {
  for (const std::string time :
       {R"("2024-05-15T10:30:00Z")", R"("2024-05-15t10:30:00Z")", R"("2024-05-15T10:30:00z")",
        R"("2024-05-15 10:30:00Z")", R"("2024-05-15T10:30:00\u005a")", R"("2024-05-15T10:30:00")",
        R"("2024-05-15T10:30Z")", R"("2024-05-15T10:30+0200")", R"("2024-05-15T10:30-00:00")",
        R"("2024-05-15T10:30:00.5Z")", R"("2024-05-15T10:30:00+02:00")", R"("2024-05-15")",
        R"("1715769000")", R"("+1715769000.00000000")", "1715769000", "1715769000.250000000"}) {
    const auto raw =
        R"({"interactionId":"i-1","contactId":"c","attributes":{"v":1},"timestamp":)" + time + "}";
    const auto event = std::get<InteractionEvent>(parse_event(raw));
    const auto mapping = Mapping::from_json(R"([{"from":"timestamp","to":"t"}])");
    const auto result = mapping.apply_json(raw);
    const auto& mapped = std::get<MappedEvent>(result);
    EXPECT_EQ(mapped.idempotency_key, event.interaction_id + '_' + event.timestamp.isoformat());
    EXPECT_EQ(mapped.idempotency_key, event.idempotency_key());
    EXPECT_EQ(mapped.payload, R"({"t":")" + event.timestamp.isoformat() + R"("})");
  }
}

// A field is text that is written anew; any other value is copied as it was sent.
TEST(Apply, FieldsLoseTheirEscapesAndOtherValuesKeepThem) {
  const auto mapping = Mapping::from_json(R"([{"from":"legacy_crm_id","to":"a"},
      {"from":"/legacyCrmId","to":"b"}, {"from":"attributes.v","to":"c"}])");
  const auto raw = body(R"({"v":"\u0041\/"})", R"(,"legacyCrmId":"\u0042\/\"")");
  EXPECT_EQ(payload(mapping, raw), R"({"a":"B/\"","b":"\u0042\/\"","c":"\u0041\/"})");
}

TEST(Apply, EventsMadeByHand) {
  InteractionEvent event;
  event.interaction_id = "i-1";
  event.contact_id = "c-1";
  event.attributes = R"({"queueName":"Q"})";
  event.source_channel = "chat\"";
  EXPECT_EQ(Mapping::default_mapping().apply(event),
            R"({"attributes":{"originChannel":"CHAT\"","routingQueue":"Q"}})");
}

TEST(Apply, LongValues) {
  const std::string text(50'000, 'v');
  EXPECT_EQ(mapped('"' + text + '"'), R"({"t":")" + text + "\"}");
  EXPECT_EQ(upper_of('"' + text + '"').size(), text.size() + 8);
  const std::string key(200, 'k');
  const auto mapping = Mapping::from_json(R"([{"from":"contact_id","to":")" + key + R"(.x"}])");
  EXPECT_EQ(payload(mapping, body("{}")), "{\"" + key + R"(":{"x":"c-1"}})");
}

}  // namespace
}  // namespace cxrelay
