#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "delivery/classify.hpp"

namespace cxrelay::delivery {
namespace {

const std::vector<int> kSuccess = {200, 201, 202, 204};

Rules rules(BodyShape shape, bool idempotent) { return {shape, idempotent, &kSuccess}; }

// The table, a word a status, written from DESIGN section 9. Columns: envelope of a batch of many
// on an idempotent target; of a batch of one; with a usable Retry-After; on a target that is not
// idempotent; an item.
struct Row {
  const char* many;
  const char* one;
  const char* with_retry_after;
  const char* not_idempotent;
  const char* item;
};

Row expected(int status) {
  static const std::map<int, Row> kNamed = {
      {400, {"SPLIT", "PERMANENT", "SPLIT", "SPLIT", "PERMANENT"}},
      {401, {"AUTH", "AUTH", "AUTH", "AUTH", "TRANSIENT"}},
      {403, {"AUTH", "AUTH", "AUTH", "AUTH", "PERMANENT"}},
      {408, {"TRANSIENT", "TRANSIENT", "TRANSIENT", "UNKNOWN", "TRANSIENT"}},
      {413, {"SPLIT", "PERMANENT", "SPLIT", "SPLIT", "PERMANENT"}},
      {422, {"SPLIT", "PERMANENT", "SPLIT", "SPLIT", "PERMANENT"}},
      {425, {"TRANSIENT", "TRANSIENT", "TRANSIENT", "UNKNOWN", "TRANSIENT"}},
      {429, {"THROTTLED", "THROTTLED", "THROTTLED", "THROTTLED", "THROTTLED"}},
      {501, {"PERMANENT", "PERMANENT", "PERMANENT", "PERMANENT", "PERMANENT"}},
      {503, {"TRANSIENT", "TRANSIENT", "THROTTLED", "UNKNOWN", "TRANSIENT"}},
      {505, {"PERMANENT", "PERMANENT", "PERMANENT", "PERMANENT", "PERMANENT"}},
  };
  if (const auto at = kNamed.find(status); at != kNamed.end()) return at->second;
  switch (status / 100) {
    case 1:
      return {"UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN"};
    case 2: {
      const bool agreed = status == 200 || status == 201 || status == 202 || status == 204;
      return {"COMPLETED", "COMPLETED", "COMPLETED", "COMPLETED", agreed ? "COMPLETED" : "UNKNOWN"};
    }
    case 3:
    case 4:
      return {"PERMANENT", "PERMANENT", "PERMANENT", "PERMANENT", "PERMANENT"};
    default:
      return {"TRANSIENT", "TRANSIENT", "TRANSIENT", "UNKNOWN", "TRANSIENT"};
  }
}

std::string envelope(int status, bool retry_after, std::size_t updates, bool idempotent,
                     BodyShape shape = BodyShape::batch) {
  return std::string(to_text(
      classify_envelope({Wire::answered, status, retry_after, updates}, rules(shape, idempotent))));
}

TEST(Classify, EveryStatusOfABatchEnvelope) {
  for (int status = 100; status <= 599; ++status) {
    const Row row = expected(status);
    EXPECT_EQ(envelope(status, false, 25, true), row.many) << status;
    EXPECT_EQ(envelope(status, false, 2, true), row.many) << status;
    EXPECT_EQ(envelope(status, false, 1, true), row.one) << status;
    EXPECT_EQ(envelope(status, true, 25, true), row.with_retry_after) << status;
    EXPECT_EQ(envelope(status, false, 25, false), row.not_idempotent) << status;
  }
}

TEST(Classify, EveryStatusOfAnItem) {
  for (int status = 100; status <= 599; ++status) {
    const Row row = expected(status);
    EXPECT_EQ(to_text(classify_item(status, false, rules(BodyShape::batch, true))), row.item)
        << status;
    const bool trouble = std::string(row.item) == "TRANSIENT" && status != 401;
    EXPECT_EQ(to_text(classify_item(status, false, rules(BodyShape::batch, false))),
              trouble ? "UNKNOWN" : row.item)
        << status;
    EXPECT_EQ(to_text(classify_item(status, true, rules(BodyShape::batch, true))),
              status == 503 ? "THROTTLED" : row.item)
        << status;
  }
}

TEST(Classify, EveryStatusOfASingleRequest) {
  for (int status = 100; status <= 599; ++status) {
    const Row row = expected(status);
    // As an item, but for the client's own refusal, and never split.
    const std::string word = status == 401 || status == 403 ? "AUTH" : row.item;
    EXPECT_EQ(envelope(status, false, 1, true, BodyShape::single), word) << status;
  }
}

TEST(Classify, AnItemWithoutAUsableStatusIsUnknown) {
  EXPECT_EQ(classify_item(0, true, rules(BodyShape::batch, true)), Class::unknown);
}

TEST(Classify, TheWireComesFirst) {
  for (const int status : {0, 200, 401, 429, 503}) {
    for (const bool idempotent : {false, true}) {
      const Rules some = rules(BodyShape::batch, idempotent);
      EXPECT_EQ(classify_envelope({Wire::not_sent, status, true, 25}, some), Class::not_sent);
      EXPECT_EQ(classify_envelope({Wire::unknown, status, true, 25}, some), Class::unknown);
    }
  }
}

TEST(Classify, ThrottlingIsSafeToRepeatOnAnyTarget) {
  EXPECT_EQ(envelope(503, true, 25, false), "THROTTLED");
  EXPECT_EQ(envelope(429, false, 25, false), "THROTTLED");
}

TEST(Classify, ATargetMayNameOtherCodesAsSuccess) {
  const std::vector<int> success = {200, 207, 409};
  const Rules some{BodyShape::batch, true, &success};
  EXPECT_EQ(classify_item(409, false, some), Class::completed);
  EXPECT_EQ(classify_item(207, false, some), Class::completed);
  EXPECT_EQ(classify_item(204, false, some), Class::unknown);
  // In the envelope of a batch the set says nothing: the items are looked at.
  EXPECT_EQ(classify_envelope({Wire::answered, 409, false, 25}, some), Class::permanent);
}

}  // namespace
}  // namespace cxrelay::delivery
