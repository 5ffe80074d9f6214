#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "cxrelay/errors.hpp"
#include "http_test.hpp"

namespace cxrelay::testing {
namespace {

using namespace std::chrono_literals;

Answer ok(const SeenRequest&) { return Answer::reply(200, "{}"); }

TEST(Transport, CarriesARequestAndItsReply) {
  LoopbackServer server([](const SeenRequest& request) {
    return Answer::reply(202, request.method + " " + request.target + " " + request.body,
                         "X-Trace: abc\r\n");
  });
  const HttpReply reply = ask(patch(server.url("/a/b?c=d"), "body"));
  EXPECT_EQ(reply.wire, Wire::answered);
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.body, "PATCH /a/b?c=d body");
  EXPECT_EQ(reply.header("x-trace"), "abc");
  EXPECT_EQ(reply.error, "");
}

TEST(Transport, AnswersEveryIdOnceOverFewConnections) {
  LoopbackServer server([](const SeenRequest& r) { return Answer::reply(200, r.body); });
  HttpOptions options;
  options.max_connections = 4;
  const auto transport = make_curl_transport(options);
  for (std::uint64_t id = 1; id <= 200; ++id)
    transport->start(id, patch(server.url(), std::to_string(id)));
  EXPECT_EQ(transport->in_flight(), 200u);
  std::set<std::uint64_t> ids;
  for (const HttpCompletion& done : collect(*transport, 200)) {
    EXPECT_EQ(done.reply.body, std::to_string(done.id)) << done.reply.error;
    ids.insert(done.id);
  }
  EXPECT_EQ(ids.size(), 200u);
  EXPECT_EQ(transport->in_flight(), 0u);
  EXPECT_EQ(server.requests().size(), 200u);
  EXPECT_LE(server.connections(), 4u);
}

TEST(Transport, WaitGivesUpAtItsTimeout) {
  const auto transport = make_curl_transport();
  EXPECT_TRUE(transport->wait(0ms).empty());
  EXPECT_TRUE(transport->wait(20ms).empty());
  EXPECT_TRUE(transport->wait(-5ms).empty());
}

TEST(Transport, WakeEndsAWaitBeforeOrAfterItBegan) {
  const auto transport = make_curl_transport();
  const auto begin = std::chrono::steady_clock::now();
  std::thread waker([&] { transport->wake(); });
  EXPECT_TRUE(transport->wait(60s).empty());
  waker.join();
  transport->wake();
  EXPECT_TRUE(transport->wait(60s).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

TEST(Transport, ThrowsForABrokenRequestBeforeAnythingIsSent) {
  LoopbackServer server(ok);
  const auto transport = make_curl_transport();
  HttpRequest request = get(server.url());
  request.headers = {"A: b\r\nX: y"};
  EXPECT_THROW(transport->start(1, request), Error);
  EXPECT_EQ(transport->in_flight(), 0u);
  EXPECT_EQ(server.connections(), 0u);
}

TEST(Transport, AnswersAMalformedUrlThroughWait) {
  for (const char* url : {"", "http://", "no scheme at all", "ftp://127.0.0.1/",
                          "file:///etc/passwd", "http://user:pw@127.0.0.1/"}) {
    const HttpReply reply = ask(get(url));
    EXPECT_EQ(reply.wire, Wire::not_sent) << url;
    EXPECT_EQ(reply.error, "protocol") << url;
  }
}

TEST(Transport, SurvivesManyDeadlinesAtOnce) {
  LoopbackServer server([](const SeenRequest& request) {
    return request.body == "hang" ? Answer::never() : Answer::reply(200);
  });
  HttpOptions options;
  options.max_connections = 2;
  const auto transport = make_curl_transport(options);
  for (std::uint64_t id = 0; id < 40; ++id) {
    HttpRequest request = patch(server.url(), "hang");
    request.timeout_ms = 50 + static_cast<std::int64_t>(id);
    transport->start(id, request);
  }
  for (const HttpCompletion& done : collect(*transport, 40)) EXPECT_EQ(done.reply.error, "timeout");
  transport->start(40, patch(server.url(), "x"));
  EXPECT_EQ(collect(*transport, 1).at(0).reply.wire, Wire::answered);
}

TEST(Transport, CancelsWhatIsInFlightWhenDestroyed) {
  LoopbackServer server([](const SeenRequest&) { return Answer::never(); });
  auto transport = make_curl_transport();
  for (std::uint64_t id = 0; id < 3; ++id) transport->start(id, patch(server.url(), "x"));
  transport->wait(1ms);
  transport.reset();
}

TEST(Transport, NeverFollowsARedirect) {
  LoopbackServer server([&](const SeenRequest&) {
    return Answer::reply(302, "", "Location: http://127.0.0.1:1/elsewhere\r\n");
  });
  const HttpReply reply = ask(get(server.url()));
  EXPECT_EQ(reply.wire, Wire::answered);
  EXPECT_EQ(reply.status, 302);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(Transport, PerformNeedsAnIdleTransport) {
  LoopbackServer server([](const SeenRequest&) { return Answer::never(); });
  const auto transport = make_curl_transport();
  transport->start(1, get(server.url()));
  EXPECT_THROW(perform(*transport, get(server.url())), Error);
}

TEST(TransportOptions, AreChecked) {
  HttpOptions options;
  options.max_connections = 0;
  EXPECT_THROW(make_curl_transport(options), ConfigError);
  options = {};
  options.ca_file = "/nonexistent/ca.pem";
  EXPECT_THROW(make_curl_transport(options), ConfigError);
  options.ca_file = "/";
  EXPECT_THROW(make_curl_transport(options), ConfigError);
  options.ca_file = "/dev/null";
  EXPECT_THROW(make_curl_transport(options), ConfigError);
}

TEST(TransportOptions, TransportsOfManyThreadsDoNotMeet) {
  LoopbackServer server(ok);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { EXPECT_EQ(ask(get(server.url())).status, 200); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cxrelay::testing
