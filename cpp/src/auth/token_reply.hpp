// What the token endpoint's reply means (RFC 6749 sections 5.1 and 5.2). Pure.
#pragma once

#include <cstdint>
#include <string>

#include "cxrelay/http.hpp"

namespace cxrelay {

struct TokenOutcome {
  enum class Kind {
    token,     // `token` is good for `lifetime_s`
    refused,   // asking again will not help: an AuthError
    no_answer  // it may help: a TransportError
  };
  Kind kind = Kind::no_answer;
  std::string
      message;  // for a person; never holds a secret, nor anything that the server wrote freely
  std::string token;
  std::int64_t lifetime_s = 0;
};

// A lifetime that is missing, not a number or not positive counts as `default_lifetime_s`.
TokenOutcome read_token_reply(const HttpReply& reply, std::int64_t default_lifetime_s);

}  // namespace cxrelay
