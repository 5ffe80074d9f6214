// Where the tokens of a JSON text begin: simdjson's first stage, the only use of simdjson in the
// project.
//
// That stage finds every bracket, colon, comma, string and scalar with vector instructions, checks
// UTF-8 and control characters in strings, and nothing more. The grammar is checked by the walk
// (walk.hpp), which has to see every value anyway; simdjson's own On-Demand walk would not check
// what a caller skips.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "json/document.hpp"

namespace cxrelay::json {

// Zeros that a text needs behind it for the walk, and for those who copy blocks out of it.
inline constexpr std::size_t kPadding = 64;

class TokenIndex {
 public:
  TokenIndex();
  ~TokenIndex();
  TokenIndex(const TokenIndex&) = delete;
  TokenIndex& operator=(const TokenIndex&) = delete;

  // Scans `size` bytes and reads none behind them. Errors: syntax or utf8.
  ParseError scan(const char* text, std::size_t size);

  // Offsets of the tokens in order; starts()[count()] is the size of the text.
  const std::uint32_t* starts() const noexcept { return starts_; }
  std::size_t count() const noexcept { return count_; }

  // Frees what an unusually large text needed.
  void release();

 private:
  bool reserve(std::size_t size);

  struct Scanner;
  std::unique_ptr<Scanner> scanner_;
  std::size_t capacity_ = 0;
  const std::uint32_t* starts_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace cxrelay::json
