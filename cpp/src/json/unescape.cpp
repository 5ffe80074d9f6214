#include "json/unescape.hpp"

#include <cstdint>
#include <cstring>

namespace cxrelay::json {
namespace {

// The character of a two-character escape, or NUL (which no such escape stands for).
char simple_escape(char c) noexcept {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads "\uXXXX" at `at`; -1 if there is none.
std::int32_t unit_at(std::string_view raw, std::size_t at) noexcept {
  if (raw.size() - at < 6 || raw[at] != '\\' || raw[at + 1] != 'u') return -1;
  std::int32_t unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_digit(raw[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void put_utf8(std::int32_t point, char*& out) noexcept {
  const auto put = [&out](std::int32_t byte) { *out++ = static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
    return put(0x80 | (point & 0x3F));
  }
  if (point < 0x10000) {
    put(0xE0 | point >> 12);
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
  }
  put(0x80 | (point >> 6 & 0x3F));
  put(0x80 | (point & 0x3F));
}

bool is_high_surrogate(std::int32_t unit) noexcept { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(std::int32_t unit) noexcept { return unit >= 0xDC00 && unit < 0xE000; }

// Decodes the escape at `at` and moves `at` behind it. A surrogate counts only as half of a pair.
ParseError unicode_escape(std::string_view raw, std::size_t& at, char*& out) noexcept {
  std::int32_t point = unit_at(raw, at);
  if (point < 0) return ParseError::syntax;
  if (is_low_surrogate(point)) return ParseError::utf8;
  at += 6;
  if (is_high_surrogate(point)) {
    const std::int32_t low = unit_at(raw, at);
    if (!is_low_surrogate(low)) return ParseError::utf8;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    at += 6;
  }
  put_utf8(point, out);
  return ParseError::none;
}

}  // namespace

ParseError unescape(std::string_view raw, char*& out, std::size_t& error_at) noexcept {
  std::size_t at = 0;
  while (at < raw.size()) {
    const auto rest = raw.substr(at);
    const auto plain = rest.substr(0, rest.find('\\'));
    std::memcpy(out, plain.data(), plain.size());
    out += plain.size();
    at += plain.size();
    if (at == raw.size()) break;
    error_at = at;
    if (at + 1 == raw.size()) return ParseError::syntax;
    if (const char c = simple_escape(raw[at + 1]); c != '\0') {
      *out++ = c;
      at += 2;
    } else if (const auto error = unicode_escape(raw, at, out); error != ParseError::none) {
      return error;
    }
  }
  return ParseError::none;
}

}  // namespace cxrelay::json
