// The limit of sending: the same request bytes over plain sockets, with so many in flight, and
// nothing else.
//
//   raw_client --port P --body FILE --requests N [--connections 16]
//
// From the first request to the last answer, as any client that has so much to send: at the end
// fewer and fewer are in flight. Prints {"requests":..,"seconds":..}.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "http_message.hpp"
#include "samples.hpp"
#include "sockets.hpp"

namespace bench {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

std::string make_request(const std::string& body) {
  return "PATCH /api/v2/interactions/batch HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
         "benchmark-token\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Client {
 public:
  Client(std::uint16_t port, std::string request, std::size_t connections)
      : request_(std::move(request)), epoll_(checked(epoll_create1(0), "epoll")) {
    for (std::size_t i = 0; i < connections; ++i) {
      Descriptor socket(checked(::socket(AF_INET, SOCK_STREAM, 0), "socket"));
      auto address = loopback(port);
      checked(connect(socket.get(), general(address), sizeof(address)), "connect");
      set_no_delay(socket.get());
      watch(epoll_.get(), socket.get());
      const int number = socket.get();
      connections_[number] = {std::move(socket), {}};
    }
  }

  // Until `count` requests are answered; a new one follows each answer on its connection.
  void run(std::size_t count) {
    std::size_t started = 0;
    const auto start_next = [&](int number) {
      if (started == count) return;
      transmit(number);
      ++started;
    };
    for (const auto& [number, connection] : connections_) start_next(number);
    std::vector<epoll_event> events(connections_.size());
    for (std::size_t answered = 0; answered < count;) {
      const int ready =
          epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const int number = events[static_cast<std::size_t>(i)].data.fd;
        if (!read_from(number)) continue;
        ++answered;
        start_next(number);
      }
    }
  }

 private:
  struct Connection {
    Descriptor socket;
    std::string buffer;
  };

  void transmit(int number) {
    const auto sent = send(number, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size())) throw std::runtime_error("send failed");
  }

  // True when an answer is complete.
  bool read_from(int number) {
    auto& buffer = connections_.at(number).buffer;
    const auto count = recv(number, chunk_.data(), chunk_.size(), 0);
    if (count <= 0) throw std::runtime_error("the server closed the connection");
    buffer.append(chunk_.data(), static_cast<std::size_t>(count));
    const auto reply = first_message(buffer);
    if (!reply) return false;
    buffer.erase(0, reply->size);
    return true;
  }

  std::string request_;
  Descriptor epoll_;
  std::unordered_map<int, Connection> connections_;
  std::vector<char> chunk_ = std::vector<char>(64 * 1024);
};

}  // namespace
}  // namespace bench

int main(int count, char** values) try {
  const bench::Arguments arguments(count, values);
  const auto body = bench::read_file(arguments.text("body"));
  const auto port = static_cast<std::uint16_t>(arguments.number("port", 0));
  bench::Client client(port, bench::make_request(body), arguments.number("connections", 16));
  const std::size_t requests = arguments.number("requests", 1000);
  const auto begin = bench::SteadyClock::now();
  client.run(requests);
  const double spent = bench::seconds(bench::SteadyClock::now() - begin);
  std::printf("{\"requests\":%zu,\"seconds\":%.6f}\n", requests, spent);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "raw_client: %s\n", error.what());
  return 1;
}
