// Eight bytes at a time: what is asked of nearly every string, without a call or a loop per byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cxrelay {

constexpr std::uint64_t every_byte(std::uint8_t byte) noexcept {
  return 0x0101010101010101U * byte;
}

template <typename Word>
Word load_word(const char* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// `size` bytes, at most 8, in the low places; the rest is `fill`. Fewer than 8 come from loads that
// overlap, so that there is no loop.
inline std::uint64_t load_bytes(const char* from, std::size_t size, std::uint64_t fill) noexcept {
  if (size >= 8) return load_word<std::uint64_t>(from);
  if (size == 0) return fill;
  std::uint64_t word = static_cast<unsigned char>(from[0]);
  if (size >= 4) {
    const std::uint64_t tail = load_word<std::uint32_t>(from + size - 4);
    word = load_word<std::uint32_t>(from) | tail << (8 * (size - 4));
  } else if (size > 1) {
    const std::uint64_t tail = load_word<std::uint16_t>(from + size - 2);
    word |= tail << (8 * (size - 2));
  }
  return word | fill << (8 * size);
}

// memcmp() == 0 without the call for what keys mostly are: 8 to 16 bytes.
inline bool same_bytes(const char* a, const char* b, std::size_t size) noexcept {
  if (size < 8 || size > 16) return std::memcmp(a, b, size) == 0;
  return load_word<std::uint64_t>(a) == load_word<std::uint64_t>(b) &&
         load_word<std::uint64_t>(a + size - 8) == load_word<std::uint64_t>(b + size - 8);
}

inline bool same_text(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
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

// The high bit of each byte from `first` to `last`. All bytes must be below 0x80.
constexpr std::uint64_t in_range(std::uint64_t word, char first, char last) noexcept {
  const auto from_first = word + every_byte(static_cast<std::uint8_t>(0x80 - first));
  const auto behind_last = word + every_byte(static_cast<std::uint8_t>(0x7F - last));
  return from_first & ~behind_last & every_byte(0x80);
}

// Flips the case of ASCII bytes from `first` to `first` + 25. All bytes must be below 0x80.
constexpr std::uint64_t flip_case(std::uint64_t word, char first) noexcept {
  return word ^ in_range(word, first, static_cast<char>(first + 25)) >> 2;
}

}  // namespace cxrelay
