#include <gtest/gtest.h>

#include "http_test.hpp"

namespace cxrelay::testing {
namespace {

std::string https_url(const LoopbackServer& server) { return "https" + server.url().substr(4); }

TEST(Tls, AHandshakeWithAPlainServerFailsUnsent) {
  // The client's first message has no blank line, so the plain server would wait for more of it:
  // it is cut off instead.
  LoopbackServer server([](const SeenRequest&) { return Answer::reply(400); });
  server.cut_requests_after(10);
  const HttpReply reply = ask(patch(https_url(server), "{}"));
  EXPECT_EQ(reply.wire, Wire::not_sent);
  EXPECT_EQ(reply.error, "tls");
}

TEST(Tls, AHandshakeThatHangsEndsAtTheConnectTimeoutUnsent) {
  LoopbackServer server([](const SeenRequest&) { return Answer::never(); });
  HttpRequest request = patch(https_url(server), "{}");
  request.connect_timeout_ms = 200;
  const HttpReply reply = ask(request);
  EXPECT_EQ(reply.wire, Wire::not_sent);
  EXPECT_EQ(reply.error, "timeout");
}

}  // namespace
}  // namespace cxrelay::testing
