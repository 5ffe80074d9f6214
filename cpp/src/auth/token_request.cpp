#include "auth/token_request.hpp"

#include <algorithm>

#include "auth/form.hpp"
#include "cxrelay/errors.hpp"
#include "http/url.hpp"

namespace cxrelay {
namespace {

constexpr std::size_t kMaxTokenReplyBytes = 64 * 1024;
constexpr std::int64_t kMaxSeconds = 86'400;

}  // namespace

void check_auth_config(const AuthConfig& config) {
  if (!url_allowed(config.token_url))
    throw ConfigError("token_url must be an https URL, or http to this machine");
  if (config.client_id.empty()) throw ConfigError("client_id is missing");
  if (config.client_secret.empty()) throw ConfigError("client_secret is missing");
  if (config.timeout_ms < 1 || config.timeout_ms > kMaxSeconds * 1000)
    throw ConfigError("timeout_ms of the token request must be from 1 ms to 1 day");
  if (config.default_lifetime_s < 1 || config.default_lifetime_s > kMaxSeconds)
    throw ConfigError("default_lifetime_s must be from 1 s to 1 day");
}

std::vector<std::string> secrets_of(const AuthConfig& config) {
  const std::string encoded = form_encode(config.client_secret);
  return {config.client_secret, encoded, base64(form_encode(config.client_id) + ":" + encoded)};
}

HttpRequest token_request(const AuthConfig& config) {
  const std::string id = form_encode(config.client_id);
  const std::string secret = form_encode(config.client_secret);
  HttpRequest request;
  request.method = "POST";
  request.url = config.token_url;
  request.headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"};
  request.body = "grant_type=client_credentials";
  if (config.client_authentication == ClientAuthentication::basic)
    request.headers.push_back("Authorization: Basic " + base64(id + ":" + secret));
  else
    request.body += "&client_id=" + id + "&client_secret=" + secret;
  if (!config.scope.empty()) request.body += "&scope=" + form_encode(config.scope);
  request.timeout_ms = config.timeout_ms;
  request.connect_timeout_ms = std::min(request.connect_timeout_ms, config.timeout_ms);
  request.max_reply_bytes = kMaxTokenReplyBytes;
  return request;
}

}  // namespace cxrelay
