// The request for a token (RFC 6749 section 4.4.2). Pure.
#pragma once

#include "cxrelay/auth.hpp"

namespace cxrelay {

// Throws ConfigError for settings with which no request can or may be sent.
void check_auth_config(const AuthConfig& config);

HttpRequest token_request(const AuthConfig& config);

}  // namespace cxrelay
