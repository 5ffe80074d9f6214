// HttpTransport: the seam between delivery and the network. One instance belongs to one thread,
// except wake(), which any thread may call.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cxrelay {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"; CR, LF and NUL are refused
  std::string body;
  std::int64_t timeout_ms = 30'000;           // whole request. Defaults to 30 s.
  std::int64_t connect_timeout_ms = 10'000;   // Defaults to 10 s.
  std::size_t max_reply_bytes = 1024 * 1024;  // after decompression. Defaults to 1 MiB.
};

// How far an attempt came on the wire (P4).
enum class Wire {
  not_sent,  // no byte of the request left this machine for the server's application
  answered,  // a whole reply was read
  unknown    // bytes left, and no whole reply came
};

struct HttpReply {
  Wire wire = Wire::unknown;
  int status = 0;  // of a whole reply; 0 otherwise
  std::vector<std::pair<std::string, std::string>>
      headers;  // of the final reply, names in lower case
  std::string body;
  std::string
      error;  // a fixed word when wire != answered: "dns", "connect", "tls", "timeout", "reset",
              // "truncated", "too_large", "resend_refused", "protocol", "cancelled"

  // The first value of a header (name in lower case), or an empty view.
  std::string_view header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

struct HttpCompletion {
  std::uint64_t id = 0;
  HttpReply reply;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // Begins a request. Never blocks on the network; even a malformed URL is answered through wait().
  virtual void start(std::uint64_t id, HttpRequest request) = 0;
  // Runs the transfers for at most `timeout`; returns as soon as at least one finished or wake() was called.
  virtual std::vector<HttpCompletion> wait(std::chrono::milliseconds timeout) = 0;
  virtual void wake() = 0;
  virtual std::size_t in_flight() const = 0;
};

struct HttpOptions {
  std::string ca_file;               // PEM bundle; empty = the system's
  std::string user_agent;            // empty = "cxrelay/<version>"
  std::size_t max_connections = 64;  // per transport. Defaults to 64.
};

// The libcurl one. Throws ConfigError if ca_file cannot be read.
std::unique_ptr<HttpTransport> make_curl_transport(const HttpOptions& options = {});

// True for https to any host, and for http to this machine only: 127.0.0.0/8, ::1 and localhost.
// Stricter than RFC 3986 on purpose, so that no two parsers can read one URL differently: no user
// information, no fragment, no percent-encoding in the host, no control character, blank, backslash
// or non-ASCII byte anywhere, and a port, if there is one, from 1 to 65535.
bool url_allowed(std::string_view url) noexcept;

// One request, waited for; for token and user-info calls.
HttpReply perform(HttpTransport& transport, HttpRequest request);

}  // namespace cxrelay
