#include "privacy/substitute.hpp"

#include "json/write.hpp"

namespace cxrelay::privacy {
namespace {

constexpr std::size_t kHiddenAtLeast = 4;
constexpr std::size_t kIdDigits = 8;

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The last `count` code points of UTF-8 text; "" if fewer than kHiddenAtLeast stand before them.
std::string_view end_of(std::string_view text, std::size_t count) noexcept {
  std::size_t points = 0;
  std::size_t begin = text.size();
  for (std::size_t at = text.size(); at > 0;) {
    do {
      --at;
    } while (at > 0 && continues(text[at]));
    ++points;
    if (points == count) begin = at;
    if (points == count + kHiddenAtLeast) return text.substr(begin);
  }
  return {};
}

}  // namespace

std::string mask(const json::Node& value, std::size_t keep_last) {
  std::string text = "***";
  text += end_of(value.text, keep_last);
  std::string out;
  json::append_string(out, text);
  return out;
}

HashKey::HashKey(std::string_view key)
    : hmac_(key), id_(to_hex(hmac_.of("cxrelay privacy key id")).substr(0, kIdDigits)) {}

std::string HashKey::hash(const json::Document& document, const json::Node& value) const {
  std::string text;
  json::append_value(text, document, value);
  std::string out = "\"hmac-sha256:" + id_ + ':';
  append_hex(out, hmac_.of(text));
  return out + '"';
}

}  // namespace cxrelay::privacy
