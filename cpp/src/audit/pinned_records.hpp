// Records that somebody signed for, compared with those of a trail one by one.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"

namespace cxrelay {

struct Pin {
  std::int64_t seq = 0;  // of the record
  Digest hash{};         // that it must have
  Digest trail{};        // the hash of record 1
  std::int64_t line = 0;
};

class PinnedRecords {
 public:
  PinnedRecords() = default;  // none: nothing to compare
  // `noun`: what pins them, for sentences; must outlive it.
  PinnedRecords(std::string_view noun, std::vector<Pin> pins);

  // Before the first record: the hash of record 1. False if a pin says otherwise; so do the next ones.
  bool is_of(const Digest& trail);
  // The next record; of a trail that begins later, first the one before its first. What is pinned of earlier ones
  // cannot be looked at.
  bool passes(std::int64_t seq, const Digest& hash) {
    return seq < next_seq_ || compare(seq, hash);
  }
  // After the last record.
  bool ends();

  std::size_t passed() const noexcept { return at_; }  // of the pins, by seq
  const std::string& problem() const noexcept { return problem_; }
  std::int64_t line() const noexcept { return line_; }

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

  bool compare(std::int64_t seq, const Digest& hash);
  void step() { next_seq_ = at_ < pins_.size() ? pins_[at_].seq : kNone; }
  bool fail(const Pin& pin, std::string problem);

  std::string_view noun_;
  std::vector<Pin> pins_;  // by seq
  std::size_t at_ = 0;     // the next one to compare
  std::int64_t next_seq_ = kNone;
  std::string problem_;
  std::int64_t line_ = 0;
};

}  // namespace cxrelay
