// Where a trail may begin, as its tombstones say, and whether what is left fits them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/pinned_records.hpp"
#include "audit/signed_line.hpp"
#include "audit/tombstone_line.hpp"

namespace cxrelay {

class TombstoneCheck {
 public:
  // What a signature is worth whose key is not known.
  enum class Strangers {
    refused,  // it may be anybody's
    pass      // a key of earlier times: for who has only the private key of today
  };

  TombstoneCheck() = default;

  // Reads the tombstones; afterwards problem() may not be empty. Their signatures are checked if there are any keys.
  // Throws AuditError if the file cannot be read.
  TombstoneCheck(std::string file, const KnownKeys& keys, Strangers strangers);

  // Records up to this one may be gone; 0 = none may.
  std::int64_t removed_seq() const noexcept {
    return tombstones_.empty() ? 0 : tombstones_.back().seq;
  }
  // The hash of that record; zeros for none.
  Digest removed_hash() const noexcept {
    return tombstones_.empty() ? Digest{} : tombstones_.back().hash;
  }
  // The hash of record 1. Only if records are gone.
  const Digest& trail() const noexcept { return tombstones_.front().trail; }
  const std::vector<Tombstone>& tombstones() const noexcept { return tombstones_; }

  // To be told of the trail: where it begins, each record.
  PinnedRecords& records() noexcept { return records_; }
  // After the last record, which is never removed: something must follow what was. False otherwise.
  bool ends(std::int64_t last_seq);

  const std::string& problem() const noexcept {
    return problem_.empty() ? records_.problem() : problem_;
  }
  const std::string& file() const noexcept { return file_; }
  std::int64_t line() const noexcept { return problem_.empty() ? records_.line() : line_; }

  // Sets what the result says of tombstones.
  void report(VerifyResult& result) const;

 private:
  void check_signatures(const KnownKeys& keys, Strangers strangers);
  bool fail(std::size_t line, std::string problem);

  std::string file_;
  std::vector<Tombstone> tombstones_;
  bool are_checked_ = false;  // their signatures
  PinnedRecords records_;
  std::string problem_;
  std::int64_t line_ = 0;
};

}  // namespace cxrelay
