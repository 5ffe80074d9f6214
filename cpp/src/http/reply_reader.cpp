#include "http/reply_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/ascii.hpp"

namespace cxrelay {
namespace {

// Room is made for a promised body at once, but a promise alone may not cost much.
constexpr std::size_t kMaxReserveBytes = 64 * 1024;

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Of "HTTP/1.1 200 OK" or "HTTP/2 200"; 0 if there is none.
int status_of(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return 0;
  const std::string_view digits = line.substr(blank + 1, 3);
  if (digits.size() != 3 || !std::ranges::all_of(digits, is_digit)) return 0;
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

}  // namespace

void ReplyReader::begin(std::size_t max_body_bytes) {
  state_ = State::status_line;
  max_body_bytes_ = max_body_bytes;
  header_bytes_ = 0;
  too_large_ = false;
  length_plain_ = true;
  status_ = 0;
  headers_.clear();
  length_.clear();
  body_.clear();
}

bool ReplyReader::add_header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    too_large_ = true;
    return false;
  }
  line = without_line_end(line);
  if (state_ == State::body) return true;  // a trailer
  if (state_ == State::status_line)
    add_status_line(line);
  else if (line.empty())
    end_head();
  else
    add_field(line);
  return true;
}

void ReplyReader::add_status_line(std::string_view line) {
  status_ = status_of(line);
  state_ = State::head;
}

// An interim reply (1xx) is not the reply: forget it and wait for the next one.
void ReplyReader::end_head() {
  if (status_ >= 200) {
    state_ = State::body;
    return;
  }
  state_ = State::status_line;
  headers_.clear();
  length_.clear();
}

void ReplyReader::add_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  // A line that starts with a blank continues the one before: obsolete, and never of use to us.
  if (colon == 0 || colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t')
    return;
  auto& [name, value] =
      headers_.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  std::ranges::transform(name, name.begin(), to_lower);
  if (name == "content-length") check_length(value);
}

void ReplyReader::check_length(std::string_view value) {
  std::uint64_t bytes = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, bytes);
  const bool number = error == std::errc{} && stop == end && bytes <= INT64_MAX;
  if (!number || (!length_.empty() && length_ != value)) length_plain_ = false;
  length_ = value;
  if (number) body_.reserve(std::min<std::uint64_t>({bytes, max_body_bytes_, kMaxReserveBytes}));
}

bool ReplyReader::add_body(std::string_view piece) {
  if (piece.size() > max_body_bytes_ - body_.size()) {
    too_large_ = true;
    return false;
  }
  body_ += piece;
  return true;
}

void ReplyReader::take(HttpReply& reply) {
  reply.status = status_;
  reply.headers = std::move(headers_);
  reply.body = std::move(body_);
}

}  // namespace cxrelay
