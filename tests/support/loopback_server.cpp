#include "loopback_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace cxrelay::testing {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

int listen_on_loopback(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (listener < 0 || ::bind(listener, generic, size) != 0 || ::listen(listener, 256) != 0 ||
      ::getsockname(listener, generic, &size) != 0)
    throw std::runtime_error("loopback server: no socket");
  port = ntohs(address.sin_port);
  return listener;
}

bool send_bytes(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Appends what comes, up to `limit` bytes in all. False at the end of the connection.
bool receive_more(int socket, std::string& input, std::size_t limit) {
  char buffer[16 * 1024];
  const ssize_t got = ::recv(socket, buffer, std::min(sizeof buffer, limit - input.size()), 0);
  if (got <= 0) return false;
  input.append(buffer, static_cast<std::size_t>(got));
  return true;
}

void parse_head(std::string_view head, SeenRequest& request) {
  std::size_t line_end = head.find("\r\n");
  const std::string_view first = head.substr(0, line_end);
  const std::size_t blank = first.find(' ');
  request.method = first.substr(0, blank);
  if (blank != std::string_view::npos)
    request.target = first.substr(blank + 1, first.rfind(' ') - blank - 1);
  while (line_end != std::string_view::npos) {
    head.remove_prefix(line_end + 2);
    line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    request.headers.emplace_back(std::move(name), line.substr(value));
  }
}

std::size_t promised_length(const SeenRequest& request) {
  const std::string_view text = request.header("content-length");
  std::size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

// Fills in what has come of a request; how many bytes it takes once it is complete.
std::size_t parse_request(std::string_view input, SeenRequest& request) {
  const std::size_t head_size = input.find(kHeadEnd);
  if (head_size == std::string_view::npos) return 0;
  if (request.method.empty()) parse_head(input.substr(0, head_size), request);
  const std::size_t body_begin = head_size + kHeadEnd.size();
  const std::size_t length = promised_length(request);
  request.complete = input.size() - body_begin >= length;
  request.body = input.substr(body_begin, length);
  return body_begin + length;
}

void set_reset_on_close(int socket) {
  const linger abrupt{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
}

// Nothing more is read for its contents; returns when the peer or the server's end closes.
void wait_for_end(int socket) {
  char buffer[4096];
  while (::recv(socket, buffer, sizeof buffer, 0) > 0) {
  }
}

}  // namespace

std::string_view SeenRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

Answer Answer::reply(int status, std::string_view body, std::string_view headers) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Status\r\n";
  bytes.append(headers);
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  bytes.append(body);
  return raw(std::move(bytes));
}

Answer Answer::cut(const Answer& whole, std::size_t count) {
  return raw(whole.bytes.substr(0, count), true);
}

LoopbackServer::LoopbackServer(Script script)
    : script_(std::move(script)), listener_(listen_on_loopback(port_)) {
  accept_thread_ = std::thread([this] { accept_all(); });
}

LoopbackServer::~LoopbackServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  accept_thread_.join();
  for (std::thread& thread : connection_threads_) thread.join();
  ::close(listener_);
}

std::string LoopbackServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void LoopbackServer::cut_requests_after(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  cut_after_ = bytes;
}

std::vector<SeenRequest> LoopbackServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t LoopbackServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

bool LoopbackServer::wait_for_requests(std::size_t count, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return requests_.size() >= count; });
}

void LoopbackServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(socket);
      return;
    }
    sockets_.push_back(socket);
    const std::size_t connection = ++connections_;
    connection_threads_.emplace_back([this, socket, connection] { serve(socket, connection); });
  }
}

void LoopbackServer::serve(int socket, std::size_t connection) {
  std::string input;
  while (true) {
    SeenRequest request;
    request.connection = connection;
    if (!serve_one(socket, input, std::move(request))) break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
}

// False when the connection is to be closed.
bool LoopbackServer::serve_one(int socket, std::string& input, SeenRequest request) {
  const bool whole = read_request(socket, input, request);
  if (!whole && input.empty()) return false;
  request = record(std::move(request));
  return whole && carry_out(socket, script_(request));
}

// Takes the next request out of `input`, reading more as needed. False if the connection ended or
// the cut was reached; then what came of the request stays in `input`.
bool LoopbackServer::read_request(int socket, std::string& input, SeenRequest& request) const {
  const std::size_t limit = cut_limit();
  while (true) {
    const std::size_t size = parse_request(input, request);
    const bool cut = input.size() >= limit;
    if (request.complete && !cut) {
      input.erase(0, size);
      return true;
    }
    if (cut || !receive_more(socket, input, limit)) return false;
  }
}

std::size_t LoopbackServer::cut_limit() const {
  const std::lock_guard lock(mutex_);
  return cut_after_;
}

SeenRequest LoopbackServer::record(SeenRequest request) {
  const std::lock_guard lock(mutex_);
  request.number = requests_.size() + 1;
  requests_.push_back(request);
  changed_.notify_all();
  return request;
}

bool LoopbackServer::carry_out(int socket, const Answer& answer) const {
  if (answer.pace.count() == 0) {
    if (!send_bytes(socket, answer.bytes)) return false;
  } else {
    for (const char byte : answer.bytes) {
      std::this_thread::sleep_for(answer.pace);
      if (!send_bytes(socket, {&byte, 1})) return false;
    }
  }
  if (answer.hold) wait_for_end(socket);
  if (answer.reset) set_reset_on_close(socket);
  return !answer.close && !answer.hold;
}

}  // namespace cxrelay::testing
