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
  // A trail of which the records up to `removed_seq`, whose hash is `removed_hash`, may be gone (0 and zeros = none
  // are): it begins with record 1, with the one after those, or between. Between, only who meets `removed_seq` later
  // knows that the beginning is genuine.
  ChainCheck(std::int64_t removed_seq, const Digest& removed_hash)
      : last_seq_(removed_seq), last_hash_(removed_hash) {}

  // Expects any record: for a trail whose earlier files are elsewhere.
  ChainCheck() = default;

  // False if the line (without its '\n') is not the next record; then problem() says why.
  bool next(std::string_view line);

  const std::string& problem() const noexcept { return problem_; }
  std::int64_t records() const noexcept { return records_; }
  std::int64_t first_seq() const noexcept { return first_seq_; }  // 0 = none yet
  // Before the first record: of the last one that may be gone.
  std::int64_t last_seq() const noexcept { return last_seq_.value_or(0); }
  const Digest& first_hash() const noexcept { return first_hash_; }
  // Of the record last_seq(); before the first, of the one that may be gone, or all zero.
  const Digest& last_hash() const noexcept { return last_hash_; }
  std::int64_t last_time_us() const noexcept { return last_time_us_; }
  // What the first record says of the one before it.
  const Digest& first_previous() const noexcept { return first_previous_; }

 private:
  bool follows();
  void begin_earlier();
  Digest recompute();
  bool fail(std::string problem);

  std::optional<std::int64_t> last_seq_;
  Digest last_hash_{};
  std::int64_t last_time_us_ = 0;
  Digest first_previous_{};
  Digest first_hash_{};
  std::int64_t first_seq_ = 0;
  std::int64_t records_ = 0;
  LineReader reader_;
  Sha256 hasher_;
  std::string problem_;
};

}  // namespace cxrelay
