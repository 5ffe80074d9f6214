#include "target/message.hpp"

#include <cstdint>

#include "json/document.hpp"

namespace cxrelay::target {
namespace {

// Bytes of the character that starts with `lead`, in valid UTF-8.
std::size_t length_of(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

// The characters that are replaced, by their bytes: C0, DEL, C1 (c2 80..9f), U+2028..U+202E (e2 80
// a8..ae), U+2066..U+2069 (e2 81 a6..a9).
bool is_harmful(std::string_view c) noexcept {
  const auto byte = [c](std::size_t i) { return static_cast<unsigned char>(c[i]); };
  if (c.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
  if (c.size() == 2) return byte(0) == 0xc2 && byte(1) < 0xa0;
  if (c.size() != 3 || byte(0) != 0xe2) return false;
  if (byte(1) == 0x80) return byte(2) >= 0xa8 && byte(2) <= 0xae;
  return byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
}

}  // namespace

std::string one_line(std::string_view utf8) {
  std::string line;
  while (!utf8.empty()) {
    const std::string_view c = utf8.substr(0, length_of(static_cast<unsigned char>(utf8[0])));
    const std::string_view shown = is_harmful(c) ? std::string_view(" ") : c;
    if (line.size() + shown.size() > kMaxMessageBytes) break;
    line += shown;
    utf8.remove_prefix(c.size());
  }
  return line;
}

std::string message_of(const HttpReply& reply) {
  constexpr json::ParseLimits kLimits{.max_bytes = 64 * 1024, .max_depth = 16, .max_keys = 1000};
  json::Document& document = json::thread_document();
  if (document.parse(reply.body, kLimits) != json::ParseError::none) return {};
  if (document.root().kind != json::Kind::object) return {};
  const json::Node* message = document.find(document.root(), "message");
  if (message == nullptr || message->kind != json::Kind::string) return {};
  return one_line(message->text);
}

}  // namespace cxrelay::target
