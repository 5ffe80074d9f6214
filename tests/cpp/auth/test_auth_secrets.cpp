// Secrets and tokens appear in no exception (P11), whatever the token endpoint answers.
#include <gtest/gtest.h>

#include "auth_test.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay::testing {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

void expect_no_canary(const std::string& message) {
  EXPECT_EQ(message.find("canary"), std::string::npos) << message;
}

TEST(AuthSecrets, StayOutOfEveryMessageAboutAReply) {
  const std::string echo = R"({"error":"canary-token","error_description":"canary-secret-7f3a"})";
  const std::vector<HttpReply> replies{
      answered(400, echo),
      answered(401, echo),
      answered(403, "canary-secret-7f3a"),
      answered(404, echo),
      answered(500, echo),
      answered(302, "", {{"location", "https://x/?secret=canary-secret-7f3a"}}),
      answered(200, "canary-token"),
      answered(200, R"({"access_token":"canary-token\r\n"})"),
      answered(200, R"({"access_token":"canary-token","token_type":"canary-token"})"),
      answered(200, R"({"access_token":["canary-token"]})"),
      failed(Wire::not_sent, "tls"),
      failed(Wire::unknown, "truncated")};
  for (const HttpReply& reply : replies) {
    ProviderUnderTest under_test;
    under_test.reply = [&](int) { return reply; };
    const std::string first = message_of([&] { under_test.token(); });
    EXPECT_FALSE(first.empty());
    expect_no_canary(first);
    expect_no_canary(message_of([&] { under_test.token(); }));
  }
}

TEST(AuthSecrets, StayOutOfMessagesAboutSettings) {
  AuthConfig config = test_config();
  config.token_url = "https://canary-id:canary-secret@auth.example.com/";
  const std::string message = message_of([&] { ProviderUnderTest{config}; });
  EXPECT_FALSE(message.empty());
  expect_no_canary(message);
}

TEST(AuthSecrets, StayOutOfMessagesOfTheTransport) {
  const auto transport = make_curl_transport();
  HttpRequest request;
  request.url = "https://127.0.0.1/\ncanary";
  expect_no_canary(message_of([&] { transport->start(1, request); }));
  request.url = "https://127.0.0.1/";
  request.headers = {"Authorization: Bearer canary\r\n"};
  expect_no_canary(message_of([&] { transport->start(1, request); }));
}

}  // namespace
}  // namespace cxrelay::testing
