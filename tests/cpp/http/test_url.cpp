#include <gtest/gtest.h>

#include "http/url.hpp"

namespace cxrelay {
namespace {

TEST(UrlAllowed, TakesHttpsAnywhere) {
  for (const char* url :
       {"https://na1.nice.incontact.com", "https://na1.nice.incontact.com/api/v2?x=1",
        "HTTPS://Example.com/", "https://example.com:8443/x", "https://10.0.0.1/",
        "https://[2001:db8::1]:443/", "https://localhost/", "https://example.com?x",
        "https://xn--bcher-kva.example/%20"})
    EXPECT_TRUE(url_allowed(url)) << url;
}

TEST(UrlAllowed, TakesHttpOnlyToThisMachine) {
  for (const char* url : {"http://localhost/", "http://LOCALHOST:8080/x", "http://127.0.0.1:80",
                          "http://127.255.255.254/", "http://[::1]:8080/", "http://127.0.0.1?x=1"})
    EXPECT_TRUE(url_allowed(url)) << url;
  for (const char* url :
       {"http://example.com/", "http://128.0.0.1/", "http://10.0.0.1/", "http://0.0.0.0/",
        "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/", "http://evil.example/127.0.0.1", "http://localhost./"})
    EXPECT_FALSE(url_allowed(url)) << url;
}

TEST(UrlAllowed, RefusesOtherSpellingsOfLoopback) {
  for (const char* url : {"http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/",
                          "http://0177.0.0.1/", "http://127.0.0.256/", "http://127.0.0.01/",
                          "http://127.0.0.1./", "http://127.0.0/", "http://127..0.1/"})
    EXPECT_FALSE(url_allowed(url)) << url;
}

TEST(UrlAllowed, RefusesWhatParsersReadDifferently) {
  for (const char* url :
       {"https://user@example.com/", "https://user:pw@example.com/",
        "http://127.0.0.1@evil.example/", "http://localhost:80@evil.example/",
        "http://localhost\\@evil.example/", "http://localhost#@evil.example/",
        "https://example.com/#x", "https://example.com\\x", "https://exa%6dple.com/",
        "https://exa mple.com/", "https://example.com/a b", "https://ex\xc3\xa4mple.com/",
        "https://example.com/\xc3\xa4", "https://example.com/\r\nX: y", "https://[::1",
        "https://[::1]x/", "https://[]/", "https://[v1.x]/"})
    EXPECT_FALSE(url_allowed(url)) << url;
  EXPECT_FALSE(url_allowed(std::string_view("https://example.com/\0x", 22)));
}

TEST(UrlAllowed, RefusesBadPortsHostsAndSchemes) {
  for (const char* url :
       {"", "https", "https:", "https://", "https:///x", "https://:443/", "https://example.com:/",
        "https://example.com:0/", "https://example.com:65536/", "https://example.com:+1/",
        "https://example.com:1:2/", "https://example.com:99999999999/", "ftp://localhost/",
        "file:///etc/passwd", "//localhost/", "httpss://localhost/", " https://example.com/",
        "http:localhost/", "https:/example.com"})
    EXPECT_FALSE(url_allowed(url)) << url;
}

TEST(PercentEncode, KeepsOnlyUnreservedBytes) {
  EXPECT_EQ(percent_encode("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encode("a/b?c#d e%+:@&="), "a%2Fb%3Fc%23d%20e%25%2B%3A%40%26%3D");
  EXPECT_EQ(percent_encode("\xc3\xa4"), "%C3%A4");
  EXPECT_EQ(percent_encode(std::string_view("\0\xff", 2)), "%00%FF");
  EXPECT_EQ(percent_encode(""), "");
}

TEST(EncodePathSegment, NeverClimbs) {
  EXPECT_EQ(encode_path_segment("."), "%2E");
  EXPECT_EQ(encode_path_segment(".."), "%2E%2E");
  EXPECT_EQ(encode_path_segment("..."), "...");
  EXPECT_EQ(encode_path_segment("../x"), "..%2Fx");
  EXPECT_EQ(encode_path_segment("a:b~c"), "a%3Ab~c");
}

}  // namespace
}  // namespace cxrelay
