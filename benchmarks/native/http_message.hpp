// As much of HTTP/1.1 as two programs on loopback need: heads, and bodies of a stated length.
#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

// A whole message at the front of a buffer.
struct Message {
  std::string_view head;  // start line and fields
  std::string_view body;
  std::size_t size = 0;  // of both
};

inline std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  if (found == head.end()) return 0;
  auto digits = head.substr(static_cast<std::size_t>(found - head.begin()) + kName.size());
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  std::size_t length = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  return length;
}

// None while the message is incomplete.
inline std::optional<Message> first_message(std::string_view buffer) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Message message;
  message.head = buffer.substr(0, end + 4);
  message.size = message.head.size() + content_length(message.head);
  if (buffer.size() < message.size) return std::nullopt;
  message.body = buffer.substr(message.head.size(), message.size - message.head.size());
  return message;
}

inline std::size_t occurrences(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    ++count;
  }
  return count;
}

inline std::string json_reply(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace bench
