#include "mapping/utf8.hpp"

namespace cxrelay::mapping {
namespace {

char32_t low_bits(char c, unsigned mask) noexcept { return static_cast<unsigned char>(c) & mask; }

char byte_of(char32_t value) noexcept {
  return static_cast<char>(static_cast<unsigned char>(value));
}

char continuation(char32_t code_point, unsigned shift) noexcept {
  return byte_of(0x80U | ((code_point >> shift) & 0x3FU));
}

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  const char lead = text[at++];
  if (is_ascii(lead)) return low_bits(lead, 0x7F);
  const auto byte = static_cast<unsigned char>(lead);
  const unsigned more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
  char32_t code_point = low_bits(lead, 0x3FU >> more);
  for (unsigned i = 0; i < more && at < text.size(); ++i) {
    code_point = (code_point << 6) | low_bits(text[at++], 0x3F);
  }
  return code_point;
}

char32_t previous_code_point(std::string_view text, std::size_t& at) noexcept {
  do --at;
  while (at > 0 && is_continuation(text[at]));
  std::size_t forward = at;
  return next_code_point(text, forward);
}

void append_code_point(std::string& out, char32_t code_point) {
  if (code_point < 0x80) {
    out += byte_of(code_point);
    return;
  }
  char bytes[4];
  std::size_t size = 0;
  if (code_point < 0x800) {
    bytes[size++] = byte_of(0xC0U | (code_point >> 6));
  } else if (code_point < 0x10000) {
    bytes[size++] = byte_of(0xE0U | (code_point >> 12));
    bytes[size++] = continuation(code_point, 6);
  } else {
    bytes[size++] = byte_of(0xF0U | (code_point >> 18));
    bytes[size++] = continuation(code_point, 12);
    bytes[size++] = continuation(code_point, 6);
  }
  bytes[size++] = continuation(code_point, 0);
  out.append(bytes, size);
}

bool is_space(char32_t c) noexcept {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_blank(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_space(next_code_point(text, at))) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) noexcept {
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size() && is_space(next_code_point(text, at));) begin = at;
  text.remove_prefix(begin);
  std::size_t end = text.size();
  for (std::size_t at = end; at > 0 && is_space(previous_code_point(text, at));) end = at;
  return text.substr(0, end);
}

std::string_view truncate(std::string_view text, std::size_t max) noexcept {
  if (text.size() <= max) return text;
  std::size_t at = 0;
  for (std::size_t taken = 0; taken < max && at < text.size(); ++taken) next_code_point(text, at);
  return text.substr(0, at);
}

}  // namespace cxrelay::mapping
