// Names of members as policies compare them: without regard to the case of ASCII letters, '_' and '-', so that api_key,
// apiKey and API-KEY are one. For a secret, one match too many costs less than one too few.
#pragma once

#include <string>
#include <string_view>

namespace cxrelay::privacy {

constexpr bool is_skipped(char c) noexcept { return c == '_' || c == '-'; }

constexpr char fold(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string folded(std::string_view name);

// Whether folded(name) is `wanted`, or ends so, without making it.
bool is_name(std::string_view name, std::string_view wanted) noexcept;
bool ends_in_name(std::string_view name, std::string_view wanted) noexcept;

}  // namespace cxrelay::privacy
