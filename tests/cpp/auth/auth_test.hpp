// What the tests of the token provider share.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cxrelay/auth.hpp"
#include "fake_clock.hpp"
#include "fake_transport.hpp"

namespace cxrelay::testing {

inline constexpr const char* kSecret = "canary-secret-7f3a";

inline AuthConfig test_config() {
  AuthConfig config;
  config.token_url = "https://auth.example.com/oauth2/token";
  config.client_id = "client-1";
  config.client_secret = kSecret;
  return config;
}

inline std::string token_json(const std::string& token, const std::string& more) {
  return R"({"access_token":")" + token + R"(","token_type":"Bearer")" + more + "}";
}

// A provider on a fake network: each request is answered by `reply`, by default with the tokens
// "token-1", "token-2", ... that live for 300 s.
class ProviderUnderTest {
 public:
  explicit ProviderUnderTest(AuthConfig config = test_config()) {
    provider_ = make_client_credentials(
        std::move(config), [this] { return std::make_unique<FakeTransport>(handler()); }, clock);
  }

  std::string token() { return provider_->token(); }
  void reject(const std::string& token) { provider_->reject(token); }
  TokenProvider& provider() { return *provider_; }
  int fetches() const { return fetches_; }
  HttpRequest last_request() {
    const std::lock_guard lock(mutex_);
    return last_request_;
  }

  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::function<HttpReply(int fetch)> reply = [](int fetch) {
    return answered(200, token_json("token-" + std::to_string(fetch), R"(,"expires_in":300)"));
  };

 private:
  FakeTransport::Handler handler() {
    return [this](const HttpRequest& request) {
      {
        const std::lock_guard lock(mutex_);
        last_request_ = request;
      }
      return reply(++fetches_);
    };
  }

  std::atomic<int> fetches_{0};
  std::mutex mutex_;
  HttpRequest last_request_;
  std::unique_ptr<TokenProvider> provider_;
};

}  // namespace cxrelay::testing
