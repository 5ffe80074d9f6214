#include "event/identifier.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/ascii.hpp"
#include "base/short_text.hpp"

namespace cxrelay {
namespace {

constexpr std::size_t kMaxSize = 128;
constexpr std::size_t kBlock = 16;

// Sixteen characters, which compilers check with a few vector instructions.
using Block [[gnu::vector_size(kBlock)]] = unsigned char;
using Halves [[gnu::vector_size(kBlock)]] = std::uint64_t;

// All bits of a character that is one of [A-Za-z0-9._~:-], none of any other.
Block allowed(Block c) noexcept {
  const Block letter = (c | 0x20) - 'a';
  const Block digit_or_colon = c - '0';
  const Block dash_or_point = c - '-';
  return reinterpret_cast<Block>((letter < 26) | (digit_or_colon < 11) | (dash_or_point < 2) |
                                 (c == '_') | (c == '~'));
}

bool is_full(Block block) noexcept {
  const auto halves = reinterpret_cast<Halves>(block);
  return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

Block load_block(const char* from) noexcept {
  Block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// Fewer than sixteen characters: the first eight and the last eight, which may overlap.
Block load_short(std::string_view text) noexcept {
  constexpr auto kFill = every_byte('0');
  const std::size_t size = text.size();
  return reinterpret_cast<Block>(
      Halves{load_bytes(text.data(), size, kFill),
             size > 8 ? load_word<std::uint64_t>(text.data() + size - 8) : kFill});
}

}  // namespace

bool is_identifier(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMaxSize || !is_alphanumeric(text[0])) return false;
  if (text.size() < kBlock) return is_full(allowed(load_short(text)));
  // The last block may overlap the one before.
  Block good = allowed(load_block(text.data() + text.size() - kBlock));
  for (std::size_t at = 0; at + kBlock < text.size(); at += kBlock) {
    good &= allowed(load_block(text.data() + at));
  }
  return is_full(good);
}

}  // namespace cxrelay
