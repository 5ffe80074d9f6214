#include <gtest/gtest.h>

#include "auth/token_reply.hpp"
#include "fake_transport.hpp"

namespace cxrelay::testing {
namespace {

using Kind = TokenOutcome::Kind;

TokenOutcome read(int status, std::string body) {
  return read_token_reply(answered(status, std::move(body)), 60);
}

std::int64_t lifetime(const std::string& expires_in) {
  const TokenOutcome outcome = read(200, R"({"access_token":"t","expires_in":)" + expires_in + "}");
  EXPECT_EQ(outcome.kind, Kind::token) << expires_in;
  return outcome.lifetime_s;
}

TEST(TokenReply, GivesTokenAndLifetime) {
  const TokenOutcome outcome =
      read(200, R"({"access_token":"abc.DEF~+/=","token_type":"bEaReR","expires_in":300,"x":[1]})");
  EXPECT_EQ(outcome.kind, Kind::token);
  EXPECT_EQ(outcome.token, "abc.DEF~+/=");
  EXPECT_EQ(outcome.lifetime_s, 300);
}

TEST(TokenReply, TakesALifetimeInEveryUsualForm) {
  EXPECT_EQ(lifetime("1"), 1);
  EXPECT_EQ(lifetime("300.9"), 300);
  EXPECT_EQ(lifetime("\"300\""), 300);
  EXPECT_EQ(lifetime("3e2"), 300);
  EXPECT_EQ(lifetime("99999999999999999999999999"), 365 * 86'400);
}

TEST(TokenReply, TakesTheDefaultForALifetimeThatSaysNothing) {
  for (const char* text : {"null", "0", "-1", "\"\"", "\"soon\"", "\"300 s\"", "true", "[]", "{}",
                           "\"nan\"", "\"-inf\""})
    EXPECT_EQ(lifetime(text), 60) << text;
  EXPECT_EQ(read(200, R"({"access_token":"t"})").lifetime_s, 60);
}

TEST(TokenReply, RefusesAnUnusableAnswer) {
  for (const char* body : {"",
                           "no json",
                           "[]",
                           "\"token\"",
                           "{",
                           "{}",
                           R"({"access_token":""})",
                           R"({"access_token":5})",
                           R"({"access_token":null})",
                           R"({"access_token":"a b"})",
                           R"({"access_token":"a\r\nX: y"})",
                           R"({"access_token":"a\u0000b"})",
                           R"({"access_token":"ä"})",
                           R"({"access_token":"a\u007f"})",
                           R"({"access_token":"t","token_type":"mac"})",
                           R"({"access_token":"t","token_type":""})",
                           R"({"access_token":"t","token_type":7})",
                           R"({"access_token":"t","access_token":"u"})",
                           R"({"token_type":"bearer"})",
                           "<html></html>"})
    EXPECT_EQ(read(200, body).kind, Kind::refused) << body;
  EXPECT_EQ(read(200, R"({"access_token":")" + std::string(16 * 1024 + 1, 'x') + "\"}").kind,
            Kind::refused);
}

TEST(TokenReply, NamesOnlyTheErrorsOfTheRfc) {
  EXPECT_EQ(read(400, R"({"error":"invalid_client"})").message,
            "the token endpoint refuses the credentials (400, invalid_client)");
  EXPECT_EQ(read(401, R"({"error":"unauthorized_client"})").kind, Kind::refused);
  for (const char* body : {R"({"error":"secret canary"})", R"({"error":5})", "canary", ""})
    EXPECT_EQ(read(403, body).message, "the token endpoint refuses the credentials (403)") << body;
}

TEST(TokenReply, TellsPassingTroubleFromRefusal) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504})
    EXPECT_EQ(read(status, "").kind, Kind::no_answer) << status;
  for (const int status : {201, 204, 301, 302, 400, 401, 403, 404, 405, 415})
    EXPECT_EQ(read(status, R"({"access_token":"t"})").kind, Kind::refused) << status;
  for (const Wire wire : {Wire::not_sent, Wire::unknown}) {
    const TokenOutcome outcome = read_token_reply(failed(wire, "timeout"), 60);
    EXPECT_EQ(outcome.kind, Kind::no_answer);
    EXPECT_EQ(outcome.message, "no answer from the token endpoint (timeout)");
  }
}

}  // namespace
}  // namespace cxrelay::testing
