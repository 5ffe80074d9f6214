// What a caller must not hand to a transport: a request that could smuggle another one. Pure.
#pragma once

#include "cxrelay/http.hpp"

namespace cxrelay {

// Throws Error for a mistake of the calling code: a CR, LF or NUL in the URL or a header, a header
// that is not "Name: value", a header that only the transport may set (Content-Length,
// Transfer-Encoding, Expect), a method that is not a token. Names no value: it may be a secret.
void check_request(const HttpRequest& request);

}  // namespace cxrelay
