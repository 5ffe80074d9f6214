#include <gtest/gtest.h>

#include <string>

#include "cxrelay/target.hpp"
#include "sample_claim.hpp"

namespace cxrelay {
namespace {

using testing::sample_claim;
using testing::sample_update;

const std::string kBase = "https://euc1.nice.incontact.com";

Target single_target() {
  Target target;
  target.name = "contacts";
  target.base_url = kBase;
  target.method = "PUT";
  target.path = "/dfo/3.0/contacts/{interaction_id}/custom-fields";
  target.body_shape = BodyShape::single;
  target.max_updates = 1;
  target.idempotency_header = "Idempotency-Key";
  return target;
}

TEST(EncodeBatch, HasExactlyTheAgreedBytes) {
  Claim claim;
  claim.updates = {sample_update("int-1", R"({"queueName":"sales"})"),
                   sample_update("int-2", R"({"n":1.50})")};
  const HttpRequest request = encode_request(interactions_batch(kBase), claim);
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.url, kBase + "/api/v2/interactions/batch");
  EXPECT_EQ(request.headers, (std::vector<std::string>{"Content-Type: application/json",
                                                       "Accept: application/json"}));
  EXPECT_EQ(request.body, R"({"requests":[)"
                          R"({"method":"PATCH","path":"/api/v2/interactions/int-1",)"
                          R"("body":{"queueName":"sales"},"idempotencyKey":"int-1_k"},)"
                          R"({"method":"PATCH","path":"/api/v2/interactions/int-2",)"
                          R"("body":{"n":1.50},"idempotencyKey":"int-2_k"}]})");
}

TEST(EncodeBatch, WithoutTheKeyIsTheTutorialsBody) {
  Target target = interactions_batch(kBase);
  target.item_key_member.clear();
  Claim claim;
  claim.updates = {sample_update("a", R"({"x":"y"})")};
  EXPECT_EQ(
      encode_request(target, claim).body,
      R"({"requests":[{"method":"PATCH","path":"/api/v2/interactions/a","body":{"x":"y"}}]})");
}

TEST(EncodeBatch, TakesLimitsFromTheTarget) {
  Target target = interactions_batch(kBase);
  target.timeout_ms = 1234;
  target.max_reply_bytes = 4321;
  const HttpRequest request = encode_request(target, sample_claim({"a"}));
  EXPECT_EQ(request.timeout_ms, 1234);
  EXPECT_EQ(request.max_reply_bytes, 4321U);
}

TEST(EncodeBatch, PartsOfTheTemplateThatNeedEscapesStayInsideTheirString) {
  Target target = interactions_batch(kBase);
  target.item_key_member = "a\"b";
  Claim claim = sample_claim({"a"});
  claim.updates[0].idempotency_key = "k\"\n";
  EXPECT_NE(encode_request(target, claim).body.find(R"("a\"b":"k\"\n"})"), std::string::npos);
}

// Threat T09: an id must never leave its path segment.
TEST(EncodeBatch, HostileIdsStayOneSegment) {
  const std::pair<const char*, const char*> cases[] = {
      {"a:b", "a%3Ab"},
      {"../../admin", "..%2F..%2Fadmin"},
      {"..", "%2E%2E"},
      {"a?x=1#y", "a%3Fx%3D1%23y"},
      {"%2e%2e", "%252e%252e"},
      {"a\\b", "a%5Cb"},
      {"a\r\nX: y", "a%0D%0AX%3A%20y"},
      {"a\"},{", "a%22%7D%2C%7B"},
      {"\xef\xbc\x8e", "%EF%BC%8E"},
  };
  for (const auto& [id, encoded] : cases) {
    Claim claim;
    claim.updates = {sample_update(id)};
    claim.updates[0].idempotency_key = "k";
    const std::string expected = std::string(R"("path":"/api/v2/interactions/)") + encoded +
                                 R"(","body":{},"idempotencyKey":"k"})";
    EXPECT_NE(encode_request(interactions_batch(kBase), claim).body.find(expected),
              std::string::npos)
        << id;
  }
}

TEST(EncodeSingle, FillsThePathAndSendsThePayload) {
  Claim claim;
  claim.updates = {sample_update("c/1", R"({"a":1})")};
  claim.updates[0].idempotency_key = "c_1#ab";
  const HttpRequest request = encode_request(single_target(), claim);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.url, kBase + "/dfo/3.0/contacts/c%2F1/custom-fields");
  EXPECT_EQ(request.body, R"({"a":1})");
  EXPECT_EQ(request.headers.back(), "Idempotency-Key: c_1#ab");
}

TEST(EncodeSingle, AKeyCannotEndItsHeader) {
  Claim claim = sample_claim({"a"});
  claim.updates[0].idempotency_key = "k 1\r\nX: y%";
  EXPECT_EQ(encode_request(single_target(), claim).headers.back(),
            "Idempotency-Key: k%201%0D%0AX:%20y%25");
}

TEST(EncodeSingle, WithoutAHeaderNameTheKeyIsNotSent) {
  Target target = single_target();
  target.idempotency_header.clear();
  EXPECT_EQ(encode_request(target, sample_claim({"a"})).headers.size(), 2U);
}

}  // namespace
}  // namespace cxrelay
