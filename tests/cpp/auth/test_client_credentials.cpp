#include <gtest/gtest.h>

#include <barrier>
#include <thread>

#include "auth_test.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay::testing {
namespace {

TEST(ClientCredentials, AsksOnceAndKeepsTheToken) {
  ProviderUnderTest under_test;
  EXPECT_EQ(under_test.fetches(), 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(under_test.token(), "token-1");
  EXPECT_EQ(under_test.fetches(), 1);
}

TEST(ClientCredentials, SendsTheCredentialsInTheBody) {
  AuthConfig config = test_config();
  config.client_secret = "a&b=c d";
  config.scope = "interaction:modify interaction:read";
  ProviderUnderTest under_test(config);
  under_test.token();
  const HttpRequest request = under_test.last_request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, config.token_url);
  EXPECT_EQ(request.timeout_ms, 15'000);
  EXPECT_EQ(request.body,
            "grant_type=client_credentials&client_id=client-1&client_secret=a%26b%3Dc+d"
            "&scope=interaction%3Amodify+interaction%3Aread");
  EXPECT_EQ(request.headers.at(0), "Content-Type: application/x-www-form-urlencoded");
}

TEST(ClientCredentials, SendsTheCredentialsAsBasicAuthentication) {
  AuthConfig config = test_config();
  config.client_id = "id:1";
  config.client_secret = "s p+";
  config.client_authentication = ClientAuthentication::basic;
  ProviderUnderTest under_test(config);
  under_test.token();
  EXPECT_EQ(under_test.last_request().body, "grant_type=client_credentials");
  // base64("id%3A1:s+p%2B"): each half is form-encoded first (RFC 6749 section 2.3.1).
  EXPECT_EQ(under_test.last_request().headers.back(), "Authorization: Basic aWQlM0ExOnMrcCUyQg==");
}

TEST(ClientCredentials, RefreshesThirtySecondsEarly) {
  ProviderUnderTest under_test;
  under_test.token();
  under_test.clock->advance_us(270'000'000 - 1);
  EXPECT_EQ(under_test.token(), "token-1");
  under_test.clock->advance_us(1);
  EXPECT_EQ(under_test.token(), "token-2");
}

TEST(ClientCredentials, RefreshesAShortTokenAtHalfItsLife) {
  ProviderUnderTest under_test;
  under_test.reply = [](int fetch) {
    return answered(200, token_json("token-" + std::to_string(fetch), R"(,"expires_in":10)"));
  };
  under_test.token();
  under_test.clock->advance_us(5'000'000 - 1);
  EXPECT_EQ(under_test.token(), "token-1");
  under_test.clock->advance_us(1);
  EXPECT_EQ(under_test.token(), "token-2");
}

TEST(ClientCredentials, TakesTheDefaultLifetimeIfNoneIsSaid) {
  AuthConfig config = test_config();
  config.default_lifetime_s = 20;
  ProviderUnderTest under_test(config);
  under_test.reply = [](int fetch) {
    return answered(200, token_json("token-" + std::to_string(fetch), ""));
  };
  under_test.token();
  under_test.clock->advance_us(10'000'000 - 1);
  EXPECT_EQ(under_test.token(), "token-1");
  under_test.clock->advance_us(1);
  EXPECT_EQ(under_test.token(), "token-2");
}

TEST(ClientCredentials, CountsTheLifetimeFromBeforeTheRequest) {
  ProviderUnderTest under_test;
  under_test.reply = [&](int fetch) {
    under_test.clock->advance_ms(10'000);  // a slow answer
    return answered(200, token_json("token-" + std::to_string(fetch), R"(,"expires_in":300)"));
  };
  under_test.token();
  under_test.clock->advance_ms(259'999);
  EXPECT_EQ(under_test.token(), "token-1");
  under_test.clock->advance_ms(1);
  EXPECT_EQ(under_test.token(), "token-2");
}

TEST(ClientCredentials, GivesATokenThatWasSlowerThanItsLife) {
  ProviderUnderTest under_test;
  under_test.reply = [&](int fetch) {
    under_test.clock->advance_ms(10'000);
    return answered(200, token_json("token-" + std::to_string(fetch), R"(,"expires_in":5)"));
  };
  EXPECT_EQ(under_test.token(), "token-1");
  EXPECT_EQ(under_test.token(), "token-2");
}

TEST(ClientCredentials, DoesNotCareForWallTime) {
  ProviderUnderTest under_test;
  under_test.token();
  under_test.clock->set_wall_us(0);
  EXPECT_EQ(under_test.token(), "token-1");
  under_test.clock->set_wall_us(9'000'000'000'000'000);
  EXPECT_EQ(under_test.token(), "token-1");
  EXPECT_EQ(under_test.fetches(), 1);
}

TEST(ClientCredentials, AHundredThreadsAtExpiryShareOneRequest) {
  ProviderUnderTest under_test;
  under_test.token();
  under_test.clock->advance_ms(300'000);
  constexpr int kThreads = 100;
  std::barrier ready(kThreads);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      ready.arrive_and_wait();
      right += under_test.token() == "token-2" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, kThreads);
  EXPECT_EQ(under_test.fetches(), 2);
}

TEST(ClientCredentials, ARejectedTokenIsReplacedOnce) {
  ProviderUnderTest under_test;
  under_test.token();
  under_test.reject("token-1");
  EXPECT_EQ(under_test.token(), "token-2");
  under_test.reject("token-1");  // a second caller, whose 401 came later
  EXPECT_EQ(under_test.token(), "token-2");
  under_test.reject("never issued");
  under_test.reject("");
  EXPECT_EQ(under_test.token(), "token-2");
  EXPECT_EQ(under_test.fetches(), 2);
}

TEST(ClientCredentials, RefusedCredentialsAreTriedOnceAMinute) {
  ProviderUnderTest under_test;
  under_test.reply = [](int fetch) {
    if (fetch < 3) return answered(401, R"({"error":"invalid_client"})");
    return answered(200, token_json("token", R"(,"expires_in":300)"));
  };
  const auto message = [&]() -> std::string {
    try {
      under_test.token();
    } catch (const AuthError& error) {
      return error.what();
    }
    return "none";
  };
  const std::string first = message();
  EXPECT_EQ(first, "the token endpoint refuses the credentials (401, invalid_client)");
  under_test.clock->advance_us(60'000'000 - 1);
  EXPECT_EQ(message(), first);
  EXPECT_EQ(under_test.fetches(), 1);
  under_test.clock->advance_us(1);
  EXPECT_EQ(message(), first);
  EXPECT_EQ(under_test.fetches(), 2);
  under_test.clock->advance_ms(60'000);
  EXPECT_EQ(under_test.token(), "token");
}

TEST(ClientCredentials, ARefusalAfterARejectLeavesNoToken) {
  ProviderUnderTest under_test;
  under_test.token();
  under_test.reply = [](int) { return answered(400, R"({"error":"invalid_client"})"); };
  under_test.reject("token-1");
  EXPECT_THROW(under_test.token(), AuthError);
  EXPECT_THROW(under_test.token(), AuthError);
  EXPECT_EQ(under_test.fetches(), 2);
}

TEST(ClientCredentials, NetworkTroubleIsNotARefusal) {
  ProviderUnderTest under_test;
  under_test.reply = [](int fetch) {
    if (fetch == 1) return failed(Wire::not_sent, "dns");
    if (fetch == 2) return failed(Wire::unknown, "timeout");
    if (fetch == 3) return answered(503);
    return answered(200, token_json("token", R"(,"expires_in":300)"));
  };
  for (int i = 0; i < 3; ++i) EXPECT_THROW(under_test.token(), TransportError);
  EXPECT_EQ(under_test.token(), "token");
}

TEST(ClientCredentials, AFactoryThatThrowsLeavesNobodyWaiting) {
  auto provider = make_client_credentials(
      test_config(), []() -> std::unique_ptr<HttpTransport> { throw ConfigError("no CA file"); },
      std::make_shared<FakeClock>());
  EXPECT_THROW(provider->token(), ConfigError);
  EXPECT_THROW(provider->token(), ConfigError);
  provider = make_client_credentials(
      test_config(), [] { return nullptr; }, nullptr);
  EXPECT_THROW(provider->token(), ConfigError);
}

TEST(ClientCredentials, ChecksItsSettings) {
  const auto refuses = [](auto change) {
    AuthConfig config = test_config();
    change(config);
    EXPECT_THROW(ProviderUnderTest{config}, ConfigError);
  };
  refuses([](AuthConfig& c) { c.token_url = ""; });
  refuses([](AuthConfig& c) { c.token_url = "http://auth.example.com/token"; });
  refuses([](AuthConfig& c) { c.token_url = "https://u:p@auth.example.com/token"; });
  refuses([](AuthConfig& c) { c.client_id = ""; });
  refuses([](AuthConfig& c) { c.client_secret = ""; });
  refuses([](AuthConfig& c) { c.timeout_ms = 0; });
  refuses([](AuthConfig& c) { c.default_lifetime_s = 0; });
  EXPECT_THROW(make_client_credentials(test_config(), nullptr, nullptr), ConfigError);
}

}  // namespace
}  // namespace cxrelay::testing
