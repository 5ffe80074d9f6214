// Follows a trail line by line and says what is wrong with the first line that does not belong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/line_reader.hpp"

namespace cxrelay {

class ChainCheck {
 public:
  // Expects the record after `last_seq`, whose hash is `last_hash`.
  ChainCheck(std::int64_t last_seq, const Digest& last_hash)
      : last_seq_(last_seq), last_hash_(last_hash) {}

  // Expects any record: for a trail whose earlier files are elsewhere.
  ChainCheck() = default;

  // False if the line (without its '\n') is not the next record; then problem() says why.
  bool next(std::string_view line);

  const std::string& problem() const noexcept { return problem_; }
  std::int64_t records() const noexcept { return records_; }
  std::int64_t first_seq() const noexcept { return first_seq_; }  // 0 = none yet
  std::int64_t last_seq() const noexcept { return last_seq_.value_or(0); }
  const Digest& first_hash() const noexcept { return first_hash_; }
  // Of the record last_seq(); all zero before the first.
  const Digest& last_hash() const noexcept { return last_hash_; }

 private:
  bool follows();
  Digest recompute();
  bool fail(std::string problem);

  std::optional<std::int64_t> last_seq_;
  Digest last_hash_{};
  Digest first_hash_{};
  std::int64_t first_seq_ = 0;
  std::int64_t records_ = 0;
  LineReader reader_;
  Sha256 hasher_;
  std::string problem_;
};

}  // namespace cxrelay
