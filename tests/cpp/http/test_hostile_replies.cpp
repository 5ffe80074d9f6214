// Replies that are cut, wrong, huge, slow or missing, and servers that are not there.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "http_test.hpp"

namespace cxrelay::testing {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

HttpReply reply_to(Answer answer, HttpRequest request = patch("", "{}")) {
  LoopbackServer server([&](const SeenRequest&) { return answer; });
  request.url = server.url();
  return ask(std::move(request));
}

void expect_unknown(const HttpReply& reply, std::string_view error) {
  EXPECT_EQ(reply.wire, Wire::unknown);
  EXPECT_EQ(reply.error, error);
  EXPECT_EQ(reply.status, 0);
  EXPECT_TRUE(reply.body.empty());
}

// `needless` last bytes of it may be missing.
void expect_whole_only_at_the_end(const Answer& whole, std::size_t needless = 0) {
  for (std::size_t k = 0; k <= whole.bytes.size(); ++k) {
    const HttpReply reply = reply_to(Answer::cut(whole, k));
    EXPECT_EQ(reply.wire, k + needless >= whole.bytes.size() ? Wire::answered : Wire::unknown)
        << "cut after " << k << ": " << reply.error;
  }
}

TEST(CutReply, IsAnsweredOnlyWithAllBytes) {
  expect_whole_only_at_the_end(Answer::reply(200, "{\"results\":[]}", "X: y\r\n"));
  // The last line feed of a chunked body tells nothing any more; libcurl does without it.
  expect_whole_only_at_the_end(
      Answer::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 1);
  expect_whole_only_at_the_end(Answer::raw("HTTP/1.1 204 No Content\r\n\r\n"));
}

TEST(CutRequest, IsUnknownAfterEachByte) {
  std::size_t size = 0;
  {
    LoopbackServer server([](const SeenRequest&) { return Answer::hang_up(); });
    server.cut_requests_after(100'000);
    expect_unknown(ask(patch(server.url(), "{\"a\":1}")), "reset");
    const SeenRequest seen = server.requests().at(0);
    size = seen.method.size() + seen.target.size() + 13;  // blanks, version, line ends
    for (const auto& [name, value] : seen.headers) size += name.size() + value.size() + 4;
    size += seen.body.size();
  }
  for (std::size_t k = 1; k <= size; ++k) {
    LoopbackServer server([](const SeenRequest&) { return Answer::reply(200); });
    server.cut_requests_after(k);
    const HttpReply reply = ask(patch(server.url(), "{\"a\":1}"));
    EXPECT_EQ(reply.wire, Wire::unknown) << "cut after " << k << ": " << reply.error;
    EXPECT_EQ(server.requests().size(), 1u) << k;
  }
}

TEST(CloseDelimitedReply, IsWholeIfNoLengthWasPromised) {
  const HttpReply reply = reply_to(Answer::raw("HTTP/1.1 200 OK\r\n\r\nhello", true));
  EXPECT_EQ(reply.wire, Wire::answered);
  EXPECT_EQ(reply.body, "hello");
  expect_unknown(reply_to(Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", true)),
                 "truncated");
}

TEST(WrongReply, IsUnknown) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes :
       {ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        ok + "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
        ok + "Content-Length: -5\r\n\r\nhello", ok + "Content-Length: 5x\r\n\r\nhello",
        ok + "Content-Length: 99999999999999999999\r\n\r\nhello",
        ok + "Content-Length: 5\r\nContent-Length: 4\r\n\r\nhello",
        ok + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        ok + "Content-Encoding: unheard-of\r\nContent-Length: 5\r\n\r\nhello",
        std::string("HTTP/1.1 101 Switching Protocols\r\n\r\nhello"),
        std::string("HTTP/1.1 999 Nonsense\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.1 abc\r\nContent-Length: 0\r\n\r\n"),
        std::string("<html>an HTTP/0.9 reply</html>"), std::string("\0\0\0\0", 4)}) {
    const HttpReply reply = reply_to(Answer::raw(bytes, true));
    EXPECT_EQ(reply.wire, Wire::unknown) << bytes;
    EXPECT_FALSE(reply.error.empty()) << bytes;
    EXPECT_EQ(reply.status, 0) << bytes;
  }
}

TEST(InterimReplies, AreSkippedButBounded) {
  std::string bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n";
  const HttpReply reply = reply_to(Answer::raw(bytes + Answer::reply(200, "x").bytes));
  EXPECT_EQ(reply.wire, Wire::answered);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("link"), "");
  while (bytes.size() < 300'000) bytes += bytes;
  expect_unknown(reply_to(Answer::raw(bytes + Answer::reply(200, "x").bytes)), "too_large");
}

TEST(HugeReply, IsBounded) {
  HttpRequest request = patch("", "{}");
  request.max_reply_bytes = 1000;
  EXPECT_EQ(reply_to(Answer::reply(200, std::string(1000, 'x')), request).body.size(), 1000u);
  expect_unknown(reply_to(Answer::reply(200, std::string(1001, 'x')), request), "too_large");
  std::string headers;
  for (int i = 0; i < 3000; ++i) headers += "X-" + std::to_string(i) + ": 01234567890123456789\r\n";
  expect_unknown(reply_to(Answer::reply(200, "", headers)), "too_large");
}

TEST(HugeReply, OneEndlessHeaderLineIsBounded) {
  const HttpReply reply =
      reply_to(Answer::raw("HTTP/1.1 200 OK\r\nX: " + std::string(400'000, 'x'), true));
  EXPECT_EQ(reply.wire, Wire::unknown);
}

// Raw deflate: one zero byte, then `count` times "the last byte, 258 times again" (13 bits each).
std::string deflated_zeros(std::size_t count) {
  std::string out;
  unsigned held = 0;
  int held_bits = 0;
  const auto put = [&](unsigned bit) {
    held |= bit << held_bits;
    if (++held_bits < 8) return;
    out += static_cast<char>(held);
    held = 0;
    held_bits = 0;
  };
  const auto put_all = [&](std::string_view bits) {
    for (const char bit : bits) put(bit == '1' ? 1u : 0u);
  };
  put_all("110");       // last block, fixed codes
  put_all("00110000");  // literal 0
  for (std::size_t i = 0; i < count; ++i) put_all("1100010100000");
  put_all("000000000000000");  // end of block, padding
  return out;
}

std::string gzip_header() { return std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10); }

TEST(CompressedReply, IsDecompressed) {
  const std::string hello(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00"
      "\x00\x00",
      25);
  const HttpReply reply = reply_to(Answer::reply(200, hello, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(reply.wire, Wire::answered);
  EXPECT_EQ(reply.body, "hello");
}

TEST(CompressedReply, IsBoundedAfterDecompression) {
  const std::string bomb = gzip_header() + deflated_zeros(4'000'000 / 13);  // 79 MB in 0.5 MB
  ASSERT_LT(bomb.size(), 1024u * 1024u);
  expect_unknown(reply_to(Answer::reply(200, bomb, "Content-Encoding: gzip\r\n")), "too_large");
}

TEST(SlowReply, EndsAtTheDeadline) {
  Answer dribble = Answer::reply(200, std::string(1000, 'x'));
  dribble.pace = 5ms;
  for (const Answer& answer : {Answer::never(), dribble}) {
    HttpRequest request = patch("", "{}");
    request.timeout_ms = 200;
    const auto begin = Clock::now();
    expect_unknown(reply_to(answer, request), "timeout");
    EXPECT_GE(Clock::now() - begin, 195ms);
    EXPECT_LT(Clock::now() - begin, 5s);
  }
}

TEST(NoServer, RefusedIsNotSent) {
  std::string url;
  {
    LoopbackServer server([](const SeenRequest&) { return Answer::hang_up(); });
    url = server.url();
  }
  const HttpReply reply = ask(patch(url, "{}"));
  EXPECT_EQ(reply.wire, Wire::not_sent);
  EXPECT_EQ(reply.error, "connect");
}

TEST(NoServer, AnUnknownNameIsNotSent) {
  // A label of more than 63 letters cannot exist: no name server needs to be asked.
  HttpRequest request = patch("http://" + std::string(70, 'a') + ".invalid/", "{}");
  request.timeout_ms = 5000;
  const HttpReply reply = ask(request);
  EXPECT_EQ(reply.wire, Wire::not_sent);
  EXPECT_TRUE(reply.error == "dns" || reply.error == "timeout") << reply.error;
}

// A listener that nobody accepts from, its backlog full: the system drops further handshakes.
class BlackHole {
 public:
  BlackHole() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, generic(), sizeof address_), 0);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::getsockname(listener_, generic(), &size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    for (const int filler : fillers_) ::connect(filler, generic(), sizeof address_);
  }
  ~BlackHole() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  static int open_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); }
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }

  int listener_ = open_socket();
  int fillers_[3] = {open_socket(), open_socket(), open_socket()};
  sockaddr_in address_{};
};

TEST(NoServer, AConnectTimeoutIsNotSent) {
  const BlackHole hole;
  HttpRequest request = patch(hole.url(), "{}");
  request.connect_timeout_ms = 150;
  const HttpReply reply = ask(request);
  EXPECT_EQ(reply.wire, Wire::not_sent);
  EXPECT_EQ(reply.error, "timeout");
}

TEST(NoServer, WaitingForAConnectionUntilTheDeadlineIsNotSent) {
  LoopbackServer server([](const SeenRequest&) { return Answer::never(); });
  HttpOptions options;
  options.max_connections = 1;
  const auto transport = make_curl_transport(options);
  transport->start(1, patch(server.url(), "{}"));
  transport->wait(0ms);
  ASSERT_TRUE([&] {
    while (server.requests().empty()) transport->wait(1ms);
    return true;
  }());
  HttpRequest second = patch(server.url(), "{}");
  second.timeout_ms = 150;
  transport->start(2, second);
  const HttpCompletion done = collect(*transport, 1).at(0);
  EXPECT_EQ(done.id, 2u);
  EXPECT_EQ(done.reply.wire, Wire::not_sent);
  EXPECT_EQ(done.reply.error, "timeout");
  EXPECT_EQ(server.requests().size(), 1u);
}

}  // namespace
}  // namespace cxrelay::testing
