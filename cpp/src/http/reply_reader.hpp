// Collects one reply, line by line and piece by piece, within bounds. Knows nothing of sockets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cxrelay/http.hpp"

namespace cxrelay {

// Of all header lines of a reply, interim replies and trailers included: a server cannot make us
// read or remember more than this.
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

class ReplyReader {
 public:
  void begin(std::size_t max_body_bytes);

  // One line as it came, line end included. False = over the bound, stop reading.
  bool add_header_line(std::string_view line);
  // A piece of the (decompressed) body. False = over the bound, stop reading.
  bool add_body(std::string_view piece);

  // The blank line after the final reply's headers has come.
  bool head_complete() const noexcept { return state_ == State::body; }
  bool too_large() const noexcept { return too_large_; }
  // Every Content-Length is one plain number, and they agree.
  bool length_plain() const noexcept { return length_plain_; }
  int status() const noexcept { return status_; }

  // Moves what was collected into `reply`: status, headers, body.
  void take(HttpReply& reply);

 private:
  enum class State { status_line, head, body };

  void add_status_line(std::string_view line);
  void add_field(std::string_view line);
  void end_head();
  void check_length(std::string_view value);

  State state_ = State::status_line;
  std::size_t max_body_bytes_ = 0;
  std::size_t header_bytes_ = 0;
  bool too_large_ = false;
  bool length_plain_ = true;
  int status_ = 0;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string length_;  // the Content-Length, as text; empty = none
  std::string body_;
};

}  // namespace cxrelay
