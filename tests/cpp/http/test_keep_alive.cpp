// Requests that the server saw = attempts (P3), above all on a kept-alive connection that dies.
#include <gtest/gtest.h>

#include "http_test.hpp"

namespace cxrelay::testing {
namespace {

// The second request of a connection gets `second`, every other one a 200.
LoopbackServer::Script second_gets(Answer second) {
  return [second](const SeenRequest& request) {
    return request.number == 2 ? second : Answer::reply(200, "{}");
  };
}

void expect_no_resend(HttpRequest request, const Answer& second) {
  LoopbackServer server(second_gets(second));
  const auto transport = make_curl_transport();
  request.url = server.url();
  EXPECT_EQ(perform(*transport, request).wire, Wire::answered);
  const HttpReply lost = perform(*transport, request);
  EXPECT_EQ(lost.wire, Wire::unknown);
  EXPECT_TRUE(lost.error == "resend_refused" || lost.error == "reset") << lost.error;
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_EQ(perform(*transport, request).wire, Wire::answered);
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST(KeepAlive, ReusesTheConnection) {
  LoopbackServer server([](const SeenRequest&) { return Answer::reply(200, "{}"); });
  const auto transport = make_curl_transport();
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(perform(*transport, patch(server.url(), "{}")).wire, Wire::answered);
  EXPECT_EQ(server.connections(), 1u);
}

TEST(KeepAlive, ASilentCloseIsNotSentAgain) {
  LoopbackServer server(second_gets(Answer::hang_up()));
  const auto transport = make_curl_transport();
  EXPECT_EQ(perform(*transport, patch(server.url(), "1")).wire, Wire::answered);
  const HttpReply lost = perform(*transport, patch(server.url(), "2"));
  EXPECT_EQ(lost.wire, Wire::unknown);
  EXPECT_EQ(lost.error, "resend_refused");
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(KeepAlive, NoKindOfRequestIsSentAgain) {
  HttpRequest empty_post = get("");
  empty_post.method = "POST";
  HttpRequest deletion = get("");
  deletion.method = "DELETE";
  for (const HttpRequest& request :
       {patch("", "x"), patch("", std::string(300'000, 'x')), get(""), empty_post, deletion}) {
    SCOPED_TRACE(request.method + " " + std::to_string(request.body.size()));
    expect_no_resend(request, Answer::hang_up());
    expect_no_resend(request, Answer::reset_connection());
  }
}

// The server reads only a part of the request and is gone: it must not see another one.
TEST(KeepAlive, ACutInsideTheRequestIsNotSentAgain) {
  for (const std::size_t cut : {2'000u, 20'000u, 200'000u, 1'000'000u}) {
    LoopbackServer server([](const SeenRequest&) { return Answer::reply(200); });
    server.cut_requests_after(cut);
    const auto transport = make_curl_transport();
    EXPECT_EQ(perform(*transport, patch(server.url(), "small")).wire, Wire::answered);
    const HttpReply lost = perform(*transport, patch(server.url(), std::string(4'000'000, 'x')));
    EXPECT_EQ(lost.wire, Wire::unknown) << cut;
    EXPECT_EQ(server.requests().size(), 2u) << cut;
  }
}

// To a server that was never met before, without TLS: nothing is to be learned from the first reply.
TEST(KeepAlive, NoRequestWaitsForTheFirstReplyOfAServer) {
  LoopbackServer server([](const SeenRequest& request) {
    return request.number == 1 ? Answer::never() : Answer::reply(200);
  });
  const auto transport = make_curl_transport();
  for (std::uint64_t id = 0; id < 4; ++id) transport->start(id, patch(server.url(), "x"));
  for (const HttpCompletion& done : collect(*transport, 3))
    EXPECT_EQ(done.reply.wire, Wire::answered) << done.reply.error;
  EXPECT_TRUE(server.wait_for_requests(4));
}

TEST(KeepAlive, ManyAtOnceAreEachSentOnce) {
  LoopbackServer server([](const SeenRequest& request) {
    return request.number % 5 == 0 ? Answer::hang_up() : Answer::reply(200);
  });
  const auto transport = make_curl_transport();
  std::size_t answered = 0;
  for (int round = 0; round < 10; ++round) {
    for (std::uint64_t id = 0; id < 16; ++id) transport->start(id, patch(server.url(), "x"));
    for (const HttpCompletion& done : collect(*transport, 16))
      answered += done.reply.wire == Wire::answered ? 1u : 0u;
  }
  // One that met a connection already closed may not have been sent at all; none was sent twice.
  EXPECT_LE(server.requests().size(), 160u);
  EXPECT_EQ(answered, server.requests().size() - server.requests().size() / 5);
}

}  // namespace
}  // namespace cxrelay::testing
