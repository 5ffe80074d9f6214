// What exactly reaches the server.
#include <gtest/gtest.h>

#include <cstdlib>

#include "http_test.hpp"

namespace cxrelay::testing {
namespace {

SeenRequest seen(HttpRequest request, const HttpOptions& options = {}) {
  LoopbackServer server([](const SeenRequest&) { return Answer::reply(200); });
  request.url = server.url(request.url);
  EXPECT_EQ(ask(std::move(request), options).wire, Wire::answered);
  return server.requests().at(0);
}

TEST(RequestShape, HasNoExpectAndAKnownLength) {
  const SeenRequest request = seen(patch("/", std::string(100'000, 'x')));
  EXPECT_EQ(request.header("expect"), "");
  EXPECT_EQ(request.header("transfer-encoding"), "");
  EXPECT_EQ(request.header("content-length"), "100000");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("accept-encoding"), "gzip, deflate");
  EXPECT_EQ(request.body, std::string(100'000, 'x'));
}

TEST(RequestShape, AddsNoContentTypeByItself) {
  HttpRequest request = patch("/", "x");
  request.headers.clear();
  EXPECT_EQ(seen(request).header("content-type"), "");
  request.method = "POST";
  request.body.clear();
  EXPECT_EQ(seen(request).header("content-type"), "");
}

TEST(RequestShape, SaysLengthZeroWhereABodyIsExpected) {
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    HttpRequest request = patch("/", "");
    request.method = method;
    const SeenRequest got = seen(request);
    EXPECT_EQ(got.method, method);
    EXPECT_EQ(got.header("content-length"), "0") << method;
    EXPECT_EQ(got.header("content-type"), "application/json");
  }
  for (const char* method : {"GET", "DELETE", "OPTIONS"}) {
    HttpRequest request = get("/");
    request.method = method;
    const SeenRequest got = seen(request);
    EXPECT_EQ(got.method, method);
    EXPECT_EQ(got.header("content-length"), "") << method;
  }
}

TEST(RequestShape, SendsHeadersAsGivenEmptyOnesToo) {
  HttpRequest request = get("/");
  request.headers = {"Idempotency-Key: 0190a1b2", "X-Empty:", "X-Colon: a:b; c"};
  const SeenRequest got = seen(request);
  EXPECT_EQ(got.header("idempotency-key"), "0190a1b2");
  EXPECT_EQ(got.header("x-colon"), "a:b; c");
  bool empty_sent = false;
  for (const auto& [name, value] : got.headers) empty_sent |= name == "x-empty" && value.empty();
  EXPECT_TRUE(empty_sent);
}

TEST(RequestShape, KeepsThePathAsItIs) {
  EXPECT_EQ(seen(get("/a/../b/%2E%2E/c?d=../e")).target, "/a/../b/%2E%2E/c?d=../e");
}

TEST(RequestShape, NamesItsAgent) {
  EXPECT_TRUE(seen(get("/")).header("user-agent").starts_with("cxrelay/"));
  HttpOptions options;
  options.user_agent = "other/1";
  EXPECT_EQ(seen(get("/"), options).header("user-agent"), "other/1");
}

TEST(RequestShape, TakesNoProxyFromTheEnvironment) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  EXPECT_EQ(seen(get("/")).target, "/");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
}

TEST(RequestShape, ForgetsTheRequestBefore) {
  LoopbackServer server([](const SeenRequest&) { return Answer::reply(200); });
  const auto transport = make_curl_transport();
  HttpRequest head = get(server.url("/head"));
  head.method = "HEAD";
  HttpRequest empty = get(server.url("/empty"));
  empty.method = "POST";
  for (const HttpRequest& request :
       {patch(server.url("/patch"), "body"), get(server.url("/get")), head, empty,
        patch(server.url("/patch"), "other"), empty, get(server.url("/get"))})
    EXPECT_EQ(perform(*transport, request).wire, Wire::answered) << request.url;
  const auto got = server.requests();
  ASSERT_EQ(got.size(), 7u);
  EXPECT_EQ(server.connections(), 1u);
  EXPECT_EQ(got[1].method, "GET");
  EXPECT_EQ(got[1].body, "");
  EXPECT_EQ(got[1].header("content-type"), "");
  EXPECT_EQ(got[2].method, "HEAD");
  EXPECT_EQ(got[3].method, "POST");
  EXPECT_EQ(got[4].body, "other");
  EXPECT_EQ(got[6].header("content-length"), "");
}

}  // namespace
}  // namespace cxrelay::testing
