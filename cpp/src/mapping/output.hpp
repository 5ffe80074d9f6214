// Bytes written through a cursor into a buffer that is kept. Cheaper than appending to a string,
// which checks its capacity for each piece: here the caller asks for room once for several pieces.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace cxrelay::mapping {

// A constant text that is copied in one block, whatever its size, if it is not long.
class Piece {
 public:
  static constexpr std::size_t kBlock = 32;
  Piece() : Piece(std::string_view()) {}
  explicit Piece(std::string_view text) : padded_(text), size_(text.size()) {
    padded_.append(kBlock, '\0');
  }
  const char* data() const noexcept { return padded_.data(); }
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

  // The piece without its first `skip` characters. Besides the piece's own size it needs room for
  // one block.
  void put(const Piece& piece, std::size_t skip) noexcept {
    put_padded({piece.data() + skip, piece.size() - skip});
  }

  // Text behind which at least a block can be read; it needs room for a block more than its size.
  // Nearly every one fits into the block, which is copied without a call.
  void put_padded(std::string_view text) noexcept {
    std::memcpy(at_, text.data(), Piece::kBlock);
    if (text.size() > Piece::kBlock) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  bool empty() const noexcept { return at_ == buffer_.data(); }
  std::string_view text() const noexcept {
    return {buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data())};
  }

 private:
  void grow(std::size_t size);

  std::vector<char> buffer_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace cxrelay::mapping
