#include <gtest/gtest.h>

#include "auth_test.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay::testing {
namespace {

using Scopes = std::vector<std::string>;

const std::string kUrl = "https://api.example.com/api/v2/oauth2/userinfo";

ScopeCheck check(const HttpReply& reply, const Scopes& required = {"interaction:modify"}) {
  ProviderUnderTest under_test;
  FakeTransport transport([&](const HttpRequest& request) {
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.url, kUrl);
    EXPECT_EQ(request.headers.at(0), "Authorization: Bearer token-1");
    return reply;
  });
  return check_scopes(kUrl, required, under_test.provider(), transport);
}

TEST(CheckScopes, TakesTheClaimAsAStringOrAList) {
  for (const char* claim : {R"("a interaction:modify")", R"("  interaction:modify  a ")",
                            R"(["interaction:modify","a"])"}) {
    const ScopeCheck got =
        check(answered(200, std::string(R"({"sub":"x","scope":)") + claim + "}"));
    EXPECT_TRUE(got.reachable) << claim;
    ASSERT_TRUE(got.scopes) << claim;
    EXPECT_EQ(got.scopes->size(), 2u) << claim;
    EXPECT_TRUE(got.missing.empty()) << claim;
  }
}

TEST(CheckScopes, SaysWhichAreMissing) {
  for (const char* claim :
       {R"("a interaction:modify2")", R"([])", R"("")", R"(["Interaction:Modify"])"}) {
    const ScopeCheck got = check(answered(200, std::string(R"({"scope":)") + claim + "}"));
    EXPECT_EQ(got.missing, Scopes{"interaction:modify"}) << claim;
  }
  EXPECT_EQ(check(answered(200, R"({"scope":"b"})"), {"a", "b", "c"}).missing, (Scopes{"a", "c"}));
}

TEST(CheckScopes, AMissingOrOddClaimIsUnknownNotDenied) {
  for (const char* body : {"{}", R"({"scope":null})", R"({"scope":5})", R"({"scope":{"a":1}})",
                           R"({"scope":["a",5]})", R"({"scopes":"interaction:modify"})"}) {
    const ScopeCheck got = check(answered(200, body));
    EXPECT_TRUE(got.reachable) << body;
    EXPECT_FALSE(got.scopes) << body;
    EXPECT_TRUE(got.missing.empty()) << body;
  }
}

TEST(CheckScopes, AnythingElseIsNotReachable) {
  for (const HttpReply& reply : {answered(404, "{}"), answered(401, "{}"), answered(200, "<html>"),
                                 answered(200, "[]"), failed(Wire::not_sent, "dns")}) {
    const ScopeCheck got = check(reply);
    EXPECT_FALSE(got.reachable);
    EXPECT_EQ(got.status, reply.status);
    EXPECT_FALSE(got.scopes);
    EXPECT_TRUE(got.missing.empty());
  }
}

TEST(CheckScopes, PassesOnWhatTheProviderThrows) {
  ProviderUnderTest under_test;
  under_test.reply = [](int) { return answered(401); };
  FakeTransport transport([](const HttpRequest&) { return answered(200); });
  EXPECT_THROW(check_scopes(kUrl, {}, under_test.provider(), transport), AuthError);
  EXPECT_TRUE(transport.requests().empty());
}

TEST(CheckScopes, NeverSendsATokenInTheClear) {
  ProviderUnderTest under_test;
  FakeTransport transport([](const HttpRequest&) { return answered(200); });
  EXPECT_THROW(
      check_scopes("http://api.example.com/userinfo", {}, under_test.provider(), transport),
      ConfigError);
  EXPECT_TRUE(transport.requests().empty());
}

}  // namespace
}  // namespace cxrelay::testing
