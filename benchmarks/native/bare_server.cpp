// The least that can answer the tutorial's contract: one thread, epoll, no JSON parser, no state
// but counts.
//
//   bare_server [--latency-ms N]      prints its port; ends when its standard input does
//
// PATCH .../interactions/batch   a result of status 200 for each item in the request
// POST  /oauth2/token            a token for an hour
// GET   .../oauth2/userinfo      the scopes
// GET   /counts                  {"requests":..,"items":..} of the batch endpoint so far
//
// A latency delays each reply by itself: any number of requests wait at the same time.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arguments.hpp"
#include "http_message.hpp"
#include "samples.hpp"
#include "sockets.hpp"

namespace bench {
namespace {

constexpr std::string_view kItemPath = "/api/v2/interactions/";
constexpr std::string_view kToken =
    R"({"access_token":"benchmark-token","token_type":"Bearer","expires_in":3600})";
constexpr std::string_view kScopes =
    R"({"scope":"interaction:modify interaction:read dataactions:read"})";

class Answers {
 public:
  const std::string& answer(const Message& request) {
    if (request.head.starts_with("PATCH ")) return batch(occurrences(request.body, kItemPath));
    if (request.head.starts_with("POST ")) return token_;
    if (request.head.starts_with("GET /counts")) return counts();
    return scopes_;
  }

 private:
  const std::string& batch(std::size_t items) {
    requests_ += 1;
    items_ += items;
    while (batches_.size() <= items) batches_.push_back(make_batch(batches_.size()));
    return batches_[items];
  }

  static std::string make_batch(std::size_t items) {
    std::string results;
    for (std::size_t i = 0; i < items; ++i)
      results += i ? R"(,{"status":200})" : R"({"status":200})";
    return json_reply(R"({"results":[)" + results + "]}");
  }

  const std::string& counts() {
    counts_ = json_reply(R"({"requests":)" + std::to_string(requests_) + R"(,"items":)" +
                         std::to_string(items_) + "}");
    return counts_;
  }

  std::size_t requests_ = 0;
  std::size_t items_ = 0;
  std::deque<std::string> batches_;  // by number of items; references to them stay good
  std::string counts_;
  std::string token_ = json_reply(kToken);
  std::string scopes_ = json_reply(kScopes);
};

class Server {
 public:
  explicit Server(std::chrono::milliseconds latency)
      : latency_(latency),
        epoll_(checked(epoll_create1(0), "epoll")),
        listener_(checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket")) {
    auto address = loopback(0);
    socklen_t size = sizeof(address);
    checked(bind(listener_.get(), general(address), size), "bind");
    checked(listen(listener_.get(), 1024), "listen");
    checked(getsockname(listener_.get(), general(address), &size), "getsockname");
    port_ = ntohs(address.sin_port);
    watch(epoll_.get(), listener_.get());
    watch(epoll_.get(), STDIN_FILENO);
  }

  std::uint16_t port() const { return port_; }

  // Until standard input ends.
  void run() {
    std::vector<epoll_event> events(256);
    for (;;) {
      const auto wait = until_next_reply();
      const int count = epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     late_.empty() ? nullptr : &wait, nullptr);
      for (int i = 0; i < count; ++i) {
        const int ready = events[static_cast<std::size_t>(i)].data.fd;
        if (ready == STDIN_FILENO) return;
        if (ready == listener_.get()) {
          accept_all();
        } else {
          read_from(ready);
        }
      }
      send_due();
    }
  }

 private:
  struct Connection {
    Descriptor socket;
    std::uint64_t serial = 0;  // tells it from an earlier one with the same number
    std::string buffer;
  };
  struct LateReply {
    SteadyClock::time_point due;
    int socket;
    std::uint64_t serial;
    const std::string* reply;
  };

  timespec until_next_reply() const {
    if (late_.empty()) return {};
    const auto left =
        std::max(late_.front().due - SteadyClock::now(), SteadyClock::duration::zero());
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
    return {whole.count(), std::chrono::nanoseconds(left - whole).count()};
  }

  void accept_all() {
    for (;;) {
      const int number = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK);
      if (number < 0) return;
      set_no_delay(number);
      watch(epoll_.get(), number);
      connections_[number] = {Descriptor(number), ++serial_, {}};
    }
  }

  void read_from(int number) {
    auto& connection = connections_.at(number);
    const auto count = recv(number, chunk_.data(), chunk_.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      connections_.erase(number);
      return;
    }
    connection.buffer.append(chunk_.data(), static_cast<std::size_t>(count));
    while (const auto request = first_message(connection.buffer)) {
      const auto& reply = answers_.answer(*request);
      connection.buffer.erase(0, request->size);
      if (latency_.count() == 0) {
        transmit(number, reply);
      } else {
        late_.push_back({SteadyClock::now() + latency_, number, connection.serial, &reply});
      }
    }
  }

  void send_due() {
    const auto now = SteadyClock::now();
    while (!late_.empty() && late_.front().due <= now) {
      const auto late = late_.front();
      late_.pop_front();
      const auto found = connections_.find(late.socket);
      if (found != connections_.end() && found->second.serial == late.serial) {
        transmit(late.socket, *late.reply);
      }
    }
  }

  // Replies are far smaller than a socket's buffer, so one call takes them whole.
  static void transmit(int number, std::string_view reply) {
    send(number, reply.data(), reply.size(), MSG_NOSIGNAL);
  }

  std::chrono::milliseconds latency_;
  Descriptor epoll_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::uint64_t serial_ = 0;
  Answers answers_;
  std::unordered_map<int, Connection> connections_;
  std::deque<LateReply> late_;
  std::vector<char> chunk_ = std::vector<char>(64 * 1024);
};

}  // namespace
}  // namespace bench

int main(int count, char** values) try {
  const bench::Arguments arguments(count, values);
  bench::Server server(std::chrono::milliseconds(arguments.number("latency-ms", 0)));
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  server.run();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bare_server: %s\n", error.what());
  return 1;
}
