// The token provider over real sockets.
#include <gtest/gtest.h>

#include <thread>

#include "auth_test.hpp"
#include "cxrelay/errors.hpp"
#include "loopback_server.hpp"

namespace cxrelay::testing {
namespace {

std::unique_ptr<TokenProvider> provider_for(const LoopbackServer& server) {
  AuthConfig config = test_config();
  config.token_url = server.url("/oauth2/token");
  return make_client_credentials(
      config, [] { return make_curl_transport(); }, std::make_shared<FakeClock>());
}

TEST(AuthLoopback, ManyThreadsShareOneRequest) {
  LoopbackServer server([](const SeenRequest&) {
    return Answer::reply(200, token_json("tok", R"(,"expires_in":300)"));
  });
  const auto provider = provider_for(server);
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) threads.emplace_back([&] { EXPECT_EQ(provider->token(), "tok"); });
  for (std::thread& thread : threads) thread.join();
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/oauth2/token");
  EXPECT_EQ(requests[0].header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_TRUE(requests[0].body.ends_with(std::string("client_secret=") + kSecret));
}

TEST(AuthLoopback, ARefusalAndASilentServer) {
  LoopbackServer server([](const SeenRequest& request) {
    return request.number == 1 ? Answer::hang_up()
                               : Answer::reply(400, R"({"error":"invalid_client"})");
  });
  const auto provider = provider_for(server);
  EXPECT_THROW(provider->token(), TransportError);
  EXPECT_THROW(provider->token(), AuthError);
  EXPECT_THROW(provider->token(), AuthError);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(AuthLoopback, AsksForTheScopesOfItsToken) {
  LoopbackServer server([](const SeenRequest& request) {
    if (request.target == "/oauth2/token") return Answer::reply(200, token_json("tok", ""));
    return request.header("authorization") == "Bearer tok"
               ? Answer::reply(200, R"({"scope":"interaction:read"})")
               : Answer::reply(401);
  });
  const auto provider = provider_for(server);
  const auto transport = make_curl_transport();
  const ScopeCheck check =
      check_scopes(server.url("/userinfo"), {"interaction:modify"}, *provider, *transport);
  EXPECT_TRUE(check.reachable);
  EXPECT_EQ(check.missing, std::vector<std::string>{"interaction:modify"});
}

}  // namespace
}  // namespace cxrelay::testing
