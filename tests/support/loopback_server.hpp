// A scripted HTTP/1.1 server on 127.0.0.1, on a port that the system chooses. The script is a
// function from a request to what happens next on that connection, byte for byte:
//
//   LoopbackServer server([](const SeenRequest& request) {
//     if (request.number == 2) return Answer::hang_up();      // not one byte, connection closed
//     return Answer::reply(200, R"({"results":[]})");
//   });
//   request.url = server.url("/api/v2/interactions/batch");
//
// Each connection has a thread of its own, so the script must be thread-safe; it runs on that
// thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace cxrelay::testing {

// A request as it arrived. One that the client or a cut ended early is recorded too.
struct SeenRequest {
  std::size_t number = 0;      // 1, 2, ... over all connections
  std::size_t connection = 0;  // 1, 2, ...
  bool complete = false;       // the headers and the whole promised body came
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  std::string_view header(std::string_view name) const;
};

// What the server does with a request.
struct Answer {
  std::string bytes;                  // sent as they are
  bool close = false;                 // then the connection is closed; otherwise it is kept alive
  bool reset = false;                 // with `close`: by a TCP reset
  bool hold = false;                  // then nothing more is sent and nothing more is read
  std::chrono::milliseconds pace{0};  // pause before each byte, for a server that dribbles

  // A whole reply with its Content-Length; `headers` are lines, each ending in CRLF.
  static Answer reply(int status, std::string_view body = {}, std::string_view headers = {});
  static Answer raw(std::string bytes, bool close = false) { return {std::move(bytes), close}; }
  // Only the first `count` bytes of `whole`, then the end of the connection.
  static Answer cut(const Answer& whole, std::size_t count);
  static Answer hang_up() { return {{}, true}; }
  static Answer reset_connection() { return {{}, true, true}; }
  static Answer never() { return {{}, false, false, true}; }
};

class LoopbackServer {
 public:
  using Script = std::function<Answer(const SeenRequest&)>;

  explicit LoopbackServer(Script script);
  ~LoopbackServer();  // closes every connection and waits for its threads
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/") const;  // "http://127.0.0.1:<port><path>"

  // Every connection is closed after this many bytes of a request on it have been read, and the
  // script is not asked. To be called before the first request.
  void cut_requests_after(std::size_t bytes);

  std::vector<SeenRequest> requests() const;
  std::size_t connections() const;  // accepted so far
  // True as soon as `count` requests have been seen; false if `limit` passes before.
  bool wait_for_requests(std::size_t count,
                         std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

 private:
  void accept_all();
  void serve(int socket, std::size_t connection);
  bool serve_one(int socket, std::string& input, SeenRequest request);
  bool read_request(int socket, std::string& input, SeenRequest& request) const;
  bool carry_out(int socket, const Answer& answer) const;
  std::size_t cut_limit() const;
  SeenRequest record(SeenRequest request);

  const Script script_;
  std::uint16_t port_ = 0;
  const int listener_;        // after port_: opening it says which port it got
  mutable std::mutex mutex_;  // guards all below
  mutable std::condition_variable changed_;
  bool stopping_ = false;
  std::size_t cut_after_ = std::string::npos;
  std::vector<int> sockets_;
  std::vector<SeenRequest> requests_;
  std::size_t connections_ = 0;
  std::list<std::thread> connection_threads_;
  std::thread accept_thread_;
};

}  // namespace cxrelay::testing
