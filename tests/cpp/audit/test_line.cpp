#include <gtest/gtest.h>

#include "audit/line_writer.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

using audit_test::accepted;

std::string write(const AuditRecord& record) {
  std::string out;
  LineWriter().append(out, record, Digest{});
  EXPECT_EQ(out.back(), '\n');
  out.pop_back();
  EXPECT_EQ(out.find_first_of("\r\n"), std::string::npos);
  return out;
}

AuditRecord with_original(std::string_view original) {
  AuditRecord record = accepted(1);
  record.seq = 1;
  record.original = original;
  return record;
}

void expect_same(const AuditRecord& a, const AuditRecord& b) {
  EXPECT_EQ(a.seq, b.seq);
  EXPECT_EQ(a.time_us, b.time_us);
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.idempotency_key, b.idempotency_key);
  EXPECT_EQ(a.interaction_id, b.interaction_id);
  EXPECT_EQ(a.event_time_us, b.event_time_us);
  EXPECT_EQ(a.mapping_version, b.mapping_version);
  EXPECT_EQ(a.request_id, b.request_id);
  EXPECT_EQ(a.detail, b.detail);
  EXPECT_EQ(a.salt, b.salt);
  EXPECT_EQ(a.original, b.original);
  EXPECT_EQ(a.mapped, b.mapped);
  EXPECT_EQ(a.original_digest, b.original_digest);
  EXPECT_EQ(a.mapped_digest, b.mapped_digest);
  EXPECT_EQ(a.hash, b.hash);
}

void expect_round_trip(const AuditRecord& record) {
  const std::string line = write(record);
  LineReader reader;
  ASSERT_TRUE(reader.read(line)) << reader.problem() << "\n" << line;
  EXPECT_TRUE(reader.is_exact()) << reader.problem() << "\n" << line;
  expect_same(to_record(reader.line()), record);
}

TEST(LineTest, TheTutorialsMembersComeFirst) {
  AuditRecord record = with_original(R"({"a": 1})");
  record.detail = R"({"reason":"why"})";
  EXPECT_TRUE(write(record).starts_with(
      R"({"timestamp":"2024-05-15T10:30:00.001000Z","interactionId":"call-1",)"
      R"("originalPayload":{"a": 1},"transformedPayload":{"Queue":"Premium"},)"
      R"("processingStatus":"accepted","errorMessage":"why","seq":1,"action":"accepted",)"));
}

TEST(LineTest, EmptyFieldsAreLeftOutButTheTutorialsAreNull) {
  AuditRecord record;
  record.seq = 1;
  record.action = "revived";
  const std::string zeros(64, '0');
  EXPECT_EQ(write(record),
            R"({"timestamp":"1970-01-01T00:00:00.000000Z","interactionId":null,)"
            R"("originalPayload":null,"transformedPayload":null,"processingStatus":"revived",)"
            R"("errorMessage":null,"seq":1,"action":"revived","timeUs":0,"previousHash":")" +
                zeros + R"(","hash":")" + zeros + R"("})");
  expect_round_trip(record);
}

class PayloadTest : public ::testing::TestWithParam<std::pair<std::string_view, PayloadForm>> {};

TEST_P(PayloadTest, BytesAreRecoveredExactly) {
  const auto& [payload, form] = GetParam();
  AuditRecord record = with_original(payload);
  expect_round_trip(record);
  std::swap(record.original, record.mapped);
  expect_round_trip(record);
  record.original = record.mapped;
  expect_round_trip(record);
  json::Document scratch;
  EXPECT_EQ(form_of(payload, scratch), form);
}

using namespace std::string_view_literals;
INSTANTIATE_TEST_SUITE_P(
    Payloads, PayloadTest,
    ::testing::Values(
        std::pair{R"({})"sv, PayloadForm::raw},
        std::pair{R"({ "a" :	[1, 2.50, "x\u0041\/"] })"sv, PayloadForm::raw},
        std::pair{"{\"a\":123456789012345678901234567890,\"b\":1.10e+2}"sv, PayloadForm::raw},
        std::pair{"{\"line\u2028paragraph\u2029\":\"\u0085\U0001F600\"}"sv, PayloadForm::raw},
        std::pair{"{\n  \"a\": [1,\r\n 2]\n}\n"sv, PayloadForm::json_text},
        std::pair{"{\"a\":\r1}"sv, PayloadForm::json_text},
        std::pair{" {\"a\":1}"sv, PayloadForm::json_text},
        std::pair{"{\"a\":1} "sv, PayloadForm::json_text},
        std::pair{"null"sv, PayloadForm::json_text}, std::pair{""sv, PayloadForm::text},
        std::pair{"not JSON \\ \" \x01"sv, PayloadForm::text},
        std::pair{"{\"a\":1,\"a\":2}"sv, PayloadForm::text},
        std::pair{"{\"a\":\"\\ud800\"}"sv, PayloadForm::text},
        std::pair{"\0binary"sv, PayloadForm::text}, std::pair{"1e999"sv, PayloadForm::text},
        std::pair{"{\"a\":\"\xff\xfe\"}"sv, PayloadForm::hex},
        std::pair{"\xc3"sv, PayloadForm::hex},
        // Payloads that would forge members if they were put into the line as they are.
        std::pair{"1,\"seq\":5"sv, PayloadForm::text},
        std::pair{"{},\"transformedPayload\":{}"sv, PayloadForm::text},
        std::pair{"null,\"transformedPayload\":null,\"processingStatus\":1"sv, PayloadForm::text},
        std::pair{"]"sv, PayloadForm::text}));

TEST(LineTest, DeepAndLargePayloads) {
  std::string deep;
  for (int i = 0; i < 32; ++i) deep += "[";
  for (int i = 0; i < 32; ++i) deep += "]";
  expect_round_trip(with_original(deep));
  expect_round_trip(with_original(std::string(1000, '[')));  // not JSON within the limits
  expect_round_trip(with_original("\"" + std::string(256 * 1024, 'x') + "\""));
  expect_round_trip(with_original("[" + std::string(256 * 1024, '\n') + "]"));
}

TEST(LineTest, ErasedPayloadsLeaveTheirDigests) {
  AuditRecord record = with_original("{}");
  record.original.reset();
  record.original_digest = sha256("o");
  expect_round_trip(record);  // the salt stays for the other payload
  record.mapped.reset();
  record.mapped_digest = sha256("m");
  record.salt = {};
  expect_round_trip(record);
  EXPECT_EQ(write(record).find("salt"), std::string::npos);
}

TEST(LineTest, TextsAreEscapedAndNumbersKeepTheirSign) {
  AuditRecord record = with_original("{}");
  record.interaction_id = "a\"\\\n\t\x01\u2028é";
  record.idempotency_key = "k#\r\n";
  record.event_time_us = -1;
  record.time_us = -62'135'596'800'000'000;
  record.seq = INT64_MAX;
  record.detail = R"({"n":9007199254740993, "deep":[{"a":null}]})";
  expect_round_trip(record);
}

TEST(LineTest, WhatCannotBeWrittenIsRefusedAndLeavesNothing) {
  std::vector<AuditRecord> records(7, with_original("{}"));
  records[0].interaction_id = "\xff";
  records[1].detail = "[]";
  records[2].detail = "{\n}";
  records[3].detail = "{} ";
  records[4].detail = "{},\"x\":{}";
  records[5].time_us = INT64_MAX;
  records[6].seq = 0;
  for (const AuditRecord& record : records) {
    std::string out = "before";
    EXPECT_THROW(LineWriter().append(out, record, Digest{}), AuditError);
    EXPECT_EQ(out, "before");
  }
}

TEST(LineTest, HostileLinesAreRefusedWithAReason) {
  const std::string good = write(accepted(1).seq == 0 ? with_original("{}") : accepted(1));
  const auto with = [&good](std::string_view from, std::string_view to) {
    std::string line = good;
    const auto at = line.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return line.replace(at, from.size(), to);
  };
  const std::vector<std::string> lines = {
      "",
      "{}",
      "[]",
      "null",
      "{",
      "\xff",
      std::string(100'000, '['),
      good + " x",
      good + good,
      with("\"seq\":1", "\"seq\":\"1\""),
      with("\"seq\":1", "\"seq\":1.0"),
      with("\"seq\":1", "\"seq\":0"),
      with("\"seq\":1", "\"seq\":-1"),
      with("\"seq\":1", "\"seq\":99999999999999999999"),
      with("\"seq\":1,", ""),
      with("\"seq\":1", "\"seq\":1,\"seq\":1"),
      with("\"timeUs\":", "\"timeUs\":9999999999"),
      with("\"salt\":\"", "\"salt\":\"0"),
      with("\"hash\":\"", "\"hash\":\"zz"),
      with("\"hash\":", "\"hash\":null,\"x\":"),
      with("\"previousHash\"", "\"previous\""),
      with("\"action\":", "\"detail\":[],\"action\":"),
      with("\"salt\"", "\"originalHex\":1,\"salt\""),
      with("\"salt\"", "\"originalHex\":\"0\",\"salt\""),
      with("\"salt\"", "\"originalText\":\"a\",\"originalHex\":\"00\",\"salt\""),
      with("\"salt\"", "\"originalText\":7,\"salt\""),
      with("\"previousHash\"",
           "\"originalDigest\":\"" + std::string(64, 'a') + "\",\"previousHash\""),
  };
  LineReader reader;
  for (const std::string& line : lines) {
    EXPECT_FALSE(reader.read(line)) << line.substr(0, 300);
    EXPECT_FALSE(reader.problem().empty());
  }
  EXPECT_TRUE(reader.read(good)) << reader.problem();
}

TEST(LineTest, OtherSpellingsOfARecordAreNotExact) {
  const std::string good = write(with_original("{\"a\":\n1}"));
  const auto with = [&good](std::string_view from, std::string_view to) {
    std::string line = good;
    return line.replace(line.find(from), from.size(), to);
  };
  const std::vector<std::pair<std::string, std::string_view>> lines = {
      {with("30:00.001000Z", "30:00.001001Z"), "timestamp"},
      {with("\"processingStatus\":\"accepted\"", "\"processingStatus\":\"success\""),
       "processingStatus"},
      {with("\"errorMessage\":null", "\"errorMessage\":\"x\""), "errorMessage"},
      {with("\"originalPayload\":{\"a\":1}", "\"originalPayload\":{\"a\":2}"), "originalPayload"},
      {with("\"originalPayload\":{\"a\":1}", "\"originalPayload\":null"), "originalPayload"},
      {with("call-1", "\\u0063all-1"), "interactionId"},
      {with(",\"seq\"", ", \"seq\""), "not written as"},
      {with("\"originalText\":\"{\\\"a", "\"originalText\":\"{\\u0022a"), "originalText"},
  };
  LineReader reader;
  for (const auto& [line, member] : lines) {
    ASSERT_TRUE(reader.read(line)) << reader.problem() << line;
    EXPECT_FALSE(reader.is_exact()) << line;
    EXPECT_NE(reader.problem().find(member), std::string::npos) << reader.problem();
  }
}

}  // namespace
}  // namespace cxrelay
