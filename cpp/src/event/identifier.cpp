#include "event/identifier.hpp"

#include <array>
#include <cstddef>

namespace cxrelay {
namespace {

constexpr std::size_t kMaxSize = 128;

constexpr bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr bool is_allowed(char c) noexcept {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == '~' || c == ':' || c == '-';
}

constexpr auto kForbidden = [] {
  std::array<bool, 256> forbidden{};
  for (std::size_t i = 0; i < 256; ++i) forbidden[i] = !is_allowed(static_cast<char>(i));
  return forbidden;
}();

}  // namespace

bool is_identifier(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMaxSize || !is_alphanumeric(text[0])) return false;
  for (const char c : text) {
    if (kForbidden[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

}  // namespace cxrelay
