// Finds an object's repeated key. Every object passes the filter; only a suspicious one is
// searched.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "json/document.hpp"

namespace cxrelay::json {

// Equal keys have equal signs; unequal keys mostly have not. At least 8 bytes from the start of
// `key` must be readable, however short it is.
inline std::uint64_t key_sign(std::string_view key) noexcept {
  constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15U;
  const std::size_t size = key.size();
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  std::memcpy(&head, key.data(), sizeof head);
  if (size < sizeof head) {
    head &= (std::uint64_t{1} << 8 * size) - 1;
  } else {
    std::memcpy(&tail, key.data() + size - sizeof tail, sizeof tail);
  }
  return (head + size + tail * kMix) * kMix;
}

// Says "maybe repeated" sometimes without reason (in one of 17 objects with 6 keys) but never
// misses.
class KeyFilter {
 public:
  void add(std::string_view key) noexcept {
    const std::uint64_t sign = key_sign(key);
    std::uint64_t& word = words_[sign >> 62];
    const std::uint64_t bit = std::uint64_t{1} << (sign >> 56 & 63);
    maybe_repeated_ |= (word & bit) != 0;
    word |= bit;
  }

  bool maybe_repeated() const noexcept { return maybe_repeated_; }

 private:
  std::uint64_t words_[4] = {};
  bool maybe_repeated_ = false;
};

// The first member whose key an earlier member has, or nullptr. `nodes` is the document's array,
// `object` the index of a complete object in it.
const Node* find_repeated_key(const Node* nodes, std::uint32_t object);

}  // namespace cxrelay::json
