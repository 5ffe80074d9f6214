// Eight bytes at a time: what is asked of nearly every string, without a call or a loop per byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cxrelay::mapping {

constexpr std::uint64_t every_byte(std::uint8_t byte) noexcept {
  return 0x0101010101010101U * byte;
}

// `size` bytes, at most 8, in the low places; the rest is `fill`.
inline std::uint64_t load_bytes(const char* from, std::size_t size, std::uint64_t fill) noexcept {
  std::uint64_t word = 0;
  if (size >= 8) {
    std::memcpy(&word, from, 8);
    return word;
  }
  for (std::size_t i = size; i > 0; --i) word = word << 8 | static_cast<unsigned char>(from[i - 1]);
  return size == 0 ? fill : word | fill << (8 * size);
}

// memcmp() == 0 without the call for what keys mostly are: 8 to 16 bytes.
inline bool same_bytes(const char* a, const char* b, std::size_t size) noexcept {
  if (size < 8 || size > 16) return std::memcmp(a, b, size) == 0;
  return load_bytes(a, 8, 0) == load_bytes(b, 8, 0) &&
         load_bytes(a + size - 8, 8, 0) == load_bytes(b + size - 8, 8, 0);
}

constexpr bool has_non_ascii(std::uint64_t word) noexcept { return (word & every_byte(0x80)) != 0; }

// The high bit of each byte that is zero (and maybe of some above the first one that is).
constexpr std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return (word - every_byte(1)) & ~word & every_byte(0x80);
}

// True if a byte is a control character, a quote or a backslash: what JSON escapes.
constexpr bool needs_escape(std::uint64_t word) noexcept {
  const auto control = (word - every_byte(0x20)) & ~word & every_byte(0x80);
  return (control | zero_bytes(word ^ every_byte('"')) | zero_bytes(word ^ every_byte('\\'))) != 0;
}

// Flips the case of ASCII bytes from `first` to `first` + 25. All bytes must be below 0x80.
constexpr std::uint64_t flip_case(std::uint64_t word, std::uint8_t first) noexcept {
  const auto from_first = word + every_byte(static_cast<std::uint8_t>(0x80 - first));
  const auto behind_last = word + every_byte(static_cast<std::uint8_t>(0x80 - first - 26));
  return word ^ ((from_first & ~behind_last & every_byte(0x80)) >> 2);
}

}  // namespace cxrelay::mapping
