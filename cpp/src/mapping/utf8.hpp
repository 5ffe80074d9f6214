// Code points in text that is known to be valid UTF-8 (the parser has checked it).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cxrelay::mapping {

constexpr bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }
constexpr bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The code point at `at`, which is moved behind it. `at` must be inside `text` and at a code
// point's start.
char32_t next_code_point(std::string_view text, std::size_t& at) noexcept;

// The code point that ends before `at`, which is moved to its start. `at` must not be 0.
char32_t previous_code_point(std::string_view text, std::size_t& at) noexcept;

void append_code_point(std::string& out, char32_t code_point);

// What Python's str.isspace() says.
bool is_space(char32_t code_point) noexcept;

// True if `text` is empty or white space only.
bool is_blank(std::string_view text) noexcept;

// As Python's str.strip().
std::string_view trim(std::string_view text) noexcept;

// The first `max` code points, as Python's text[:max].
std::string_view truncate(std::string_view text, std::size_t max) noexcept;

}  // namespace cxrelay::mapping
