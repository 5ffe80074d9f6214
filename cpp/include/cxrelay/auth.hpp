// TokenProvider: OAuth2 bearer tokens for the target (RFC 6749 section 4.4, DESIGN section 9).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/clock.hpp"
#include "cxrelay/http.hpp"

namespace cxrelay {

// Thread-safe.
class TokenProvider {
 public:
  virtual ~TokenProvider() = default;
  // A token that is valid now; fetches one if need be (single flight: concurrent callers share one
  // request). Throws AuthError (credentials refused, unusable answer) or TransportError (no answer).
  virtual std::string token() = 0;
  // Says that the server refused `token` with 401. The next token() fetches anew, unless another caller
  // has already replaced that token.
  virtual void reject(const std::string& token) = 0;
};

enum class ClientAuthentication { body, basic };

// "body" or "basic". Throws ConfigError for anything else.
ClientAuthentication parse_client_authentication(std::string_view word);

struct AuthConfig {
  std::string token_url;
  std::string client_id;
  std::string client_secret;  // never logged, never part of a message
  std::string scope;          // empty = not sent
  ClientAuthentication client_authentication = ClientAuthentication::body;  // Defaults to body.
  std::int64_t timeout_ms = 15'000;                                         // Defaults to 15 s.
  std::int64_t default_lifetime_s = 60;  // when the reply has no expires_in. Defaults to 60 s.
};

// What must be in no record, whatever a server repeats: the client secret, as it is and as requests have it.
std::vector<std::string> secrets_of(const AuthConfig& config);

using TransportFactory = std::function<std::unique_ptr<HttpTransport>()>;

// grant_type=client_credentials; refreshed min(30 s, lifetime / 2) early by the monotonic clock.
std::unique_ptr<TokenProvider> make_client_credentials(AuthConfig config,
                                                       TransportFactory transport,
                                                       std::shared_ptr<Clock> clock);

// What the user-info endpoint says of a token's scopes.
struct ScopeCheck {
  bool reachable = false;                          // a 200 with a JSON object came
  int status = 0;                                  // HTTP status, 0 if no answer
  std::optional<std::vector<std::string>> scopes;  // none = no `scope` claim = unknown, not denied
  std::vector<std::string> missing;  // required scopes that a present claim does not list
};

// GET `userinfo_url` with the provider's token. Throws what token() throws.
ScopeCheck check_scopes(const std::string& userinfo_url, const std::vector<std::string>& required,
                        TokenProvider& tokens, HttpTransport& transport);

}  // namespace cxrelay
