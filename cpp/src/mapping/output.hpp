// Bytes written through a cursor into a buffer that is kept. Cheaper than appending to a string,
// which checks its capacity for each piece: here the caller asks for room once for several pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/short_text.hpp"

namespace cxrelay::mapping {

// A constant text that is copied in one block, whatever its size, if it is not long.
class Piece {
 public:
  static constexpr std::size_t kBlock = 32;
  Piece() : Piece(std::string_view()) {}
  explicit Piece(std::string_view text) : padded_(text), size_(text.size()) {
    padded_.append(kBlock, '\0');
  }
  std::string_view text() const noexcept { return {padded_.data(), size_}; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::string padded_;
  std::size_t size_;
};

class Output {
 public:
  // Empties the buffer; one that a huge event has left behind is freed.
  void clear();

  // Makes room for `size` bytes behind what is written. put() relies on it and checks nothing.
  void room(std::size_t size) {
    if (static_cast<std::size_t>(end_ - at_) < size) grow(size);
  }
  void put(char c) noexcept { *at_++ = c; }
  void put(std::string_view text) noexcept {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  // Texts behind which at least a block can be read; they need room for a block more than their
  // size. Nearly every one fits into the block, which is copied without a call. Two in one go spare
  // the way of the cursor through memory.
  void put_padded(std::string_view text) noexcept { at_ = copy_padded(at_, text); }
  void put_padded(std::string_view first, std::string_view second) noexcept {
    at_ = copy_padded(copy_padded(at_, first), second);
  }

  // ASCII with the case of the letters from `first` on flipped. It writes up to 7 bytes more.
  void put_flipped(std::string_view text, char first) noexcept {
    for (std::size_t at = 0; at < text.size(); at += 8) {
      const auto size = std::min<std::size_t>(8, text.size() - at);
      const auto word = flip_case(load_bytes(text.data() + at, size, 0), first);
      std::memcpy(at_ + at, &word, sizeof word);
    }
    at_ += text.size();
  }

  std::string_view text() const noexcept {
    return {buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data())};
  }

 private:
  static char* copy_padded(char* to, std::string_view text) noexcept {
    std::memcpy(to, text.data(), Piece::kBlock);
    if (text.size() > Piece::kBlock) std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  void grow(std::size_t size);

  std::vector<char> buffer_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace cxrelay::mapping
