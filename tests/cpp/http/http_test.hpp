// What the tests of the transport share.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "cxrelay/http.hpp"
#include "loopback_server.hpp"

namespace cxrelay::testing {

inline HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

inline HttpRequest patch(std::string url, std::string body) {
  HttpRequest request = get(std::move(url));
  request.method = "PATCH";
  request.headers = {"Content-Type: application/json"};
  request.body = std::move(body);
  return request;
}

// One request on a connection of its own.
inline HttpReply ask(HttpRequest request, const HttpOptions& options = {}) {
  return perform(*make_curl_transport(options), std::move(request));
}

// Waits until `count` requests have finished.
inline std::vector<HttpCompletion> collect(HttpTransport& transport, std::size_t count) {
  std::vector<HttpCompletion> all;
  while (all.size() < count) {
    for (HttpCompletion& one : transport.wait(std::chrono::seconds(10)))
      all.push_back(std::move(one));
  }
  return all;
}

}  // namespace cxrelay::testing
