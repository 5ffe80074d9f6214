// From how a transfer ended to how far the request came (P4). Pure.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "cxrelay/http.hpp"

namespace cxrelay {

struct TransferEnd {
  CURLcode code = CURLE_OK;
  long request_bytes = 0;       // how many bytes of the request were written to a connection
  bool head_complete = false;   // the final reply's headers came whole
  bool length_plain = true;     // see ReplyReader::length_plain()
  bool too_large = false;       // we stopped reading
  bool resend_refused = false;  // we stopped libcurl from sending a second time
  int status = 0;
};

struct WireClass {
  Wire wire = Wire::unknown;
  std::string_view error;  // a word of HttpReply::error; empty when answered
};

WireClass classify(const TransferEnd& end) noexcept;

}  // namespace cxrelay
