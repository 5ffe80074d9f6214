// The two encodings that OAuth2 client authentication needs (RFC 6749 section 2.3.1). Pure.
#pragma once

#include <string>
#include <string_view>

namespace cxrelay {

// One name or value of application/x-www-form-urlencoded: a blank becomes '+', and everything but
// letters, digits, '*', '-', '.' and '_' is percent-encoded.
std::string form_encode(std::string_view value);

std::string base64(std::string_view bytes);

}  // namespace cxrelay
