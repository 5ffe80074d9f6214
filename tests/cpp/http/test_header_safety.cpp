#include <gtest/gtest.h>

#include <string>

#include "cxrelay/errors.hpp"
#include "http/request_check.hpp"

namespace cxrelay {
namespace {

using namespace std::string_literals;

HttpRequest with_header(std::string header) {
  HttpRequest request;
  request.url = "http://127.0.0.1/";
  request.headers.push_back(std::move(header));
  return request;
}

TEST(HeaderSafety, TakesPlainHeaders) {
  for (const char* header :
       {"A: b", "Idempotency-Key: 0190-x", "X:", "X: ", "Accept:*/*", "X: a:b"})
    EXPECT_NO_THROW(check_request(with_header(header))) << header;
}

TEST(HeaderSafety, RefusesLineBreaksAndNul) {
  for (const std::string& header :
       {"A: b\r\nX: y"s, "A: b\n"s, "A: b\r"s, "A\r\n: b"s, "A: b\0c"s, "\nA: b"s})
    EXPECT_THROW(check_request(with_header(header)), Error) << header;
}

TEST(HeaderSafety, RefusesWhatIsNoHeader) {
  for (const char* header : {"", ":", ": b", "A", "A;", "A b: c", "A : b", " A: b", "\xc3\xa4: b"})
    EXPECT_THROW(check_request(with_header(header)), Error) << header;
}

TEST(HeaderSafety, RefusesHeadersOfTheTransport) {
  for (const char* header :
       {"Content-Length: 1", "TRANSFER-ENCODING: chunked", "expect: 100-continue"})
    EXPECT_THROW(check_request(with_header(header)), Error) << header;
}

TEST(HeaderSafety, RefusesBrokenUrlsAndMethods) {
  HttpRequest request;
  for (const std::string& url : {"http://x/\r\nA: b"s, "http://x/\n"s, "http://x/\0y"s}) {
    request.url = url;
    EXPECT_THROW(check_request(request), Error);
  }
  request.url = "http://127.0.0.1/";
  for (const std::string& method : {""s, "GET "s, "GET\r\n"s, "GET /x HTTP/1.1"s, "G\0"s}) {
    request.method = method;
    EXPECT_THROW(check_request(request), Error);
  }
}

TEST(HeaderSafety, NamesNoValueInTheMessage) {
  try {
    check_request(with_header("Authorization: Bearer canary\r\n"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("canary"), std::string::npos);
  }
}

}  // namespace
}  // namespace cxrelay
