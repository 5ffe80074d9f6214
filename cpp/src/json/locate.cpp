#include "json/locate.hpp"

#include <cstdint>

namespace cxrelay::json {
namespace {

// The allowed range of the second byte rules out overlong forms, surrogates and points above
// U+10FFFF.
struct Lead {
  std::size_t size = 0;  // of the whole sequence; 0 = not a lead byte
  unsigned low = 0x80;
  unsigned high = 0xBF;
};

Lead classify(unsigned byte) noexcept {
  if (byte < 0x80) return {1};
  if (byte >= 0xC2 && byte <= 0xDF) return {2};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

unsigned byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<unsigned char>(text[at]);
}

// The size of the valid sequence at `at`, or 0.
std::size_t sequence_at(std::string_view text, std::size_t at) noexcept {
  const Lead lead = classify(byte_at(text, at));
  if (lead.size == 0 || text.size() - at < lead.size) return 0;
  for (std::size_t i = 1; i < lead.size; ++i) {
    const unsigned low = i == 1 ? lead.low : 0x80;
    const unsigned high = i == 1 ? lead.high : 0xBF;
    if (byte_at(text, at + i) < low || byte_at(text, at + i) > high) return 0;
  }
  return lead.size;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = sequence_at(text, at);
    if (size == 0) return at;
    at += size;
  }
  return at;
}

std::size_t find_broken_string(std::string_view text) noexcept {
  bool inside = false;
  std::size_t opened_at = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;  // the escaped character cannot end the string
    } else if (text[at] == '"') {
      inside = !inside;
      opened_at = at;
    } else if (inside && byte_at(text, at) < 0x20) {
      return at;
    }
  }
  return inside ? opened_at : text.size();
}

}  // namespace cxrelay::json
