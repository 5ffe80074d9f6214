// Compares a trail, record by record, with the checkpoints that somebody kept of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/pinned_records.hpp"
#include "audit/signed_line.hpp"
#include "cxrelay/checkpoint.hpp"

namespace cxrelay {

class CheckpointCheck {
 public:
  CheckpointCheck() = default;  // no checkpoints: nothing to compare

  // Reads the checkpoints and checks their signatures; afterwards problem() may not be empty. Throws
  // AuditError for a file that cannot be read.
  CheckpointCheck(const std::string& file, const KnownKeys& keys);

  // To be told of the trail: where it begins, each record, its end.
  PinnedRecords& records() noexcept { return records_; }

  // What is wrong, where it stands in the file of checkpoints; empty = nothing.
  const std::string& problem() const noexcept {
    return problem_.empty() ? records_.problem() : problem_;
  }
  const std::string& file() const noexcept { return file_; }
  std::int64_t line() const noexcept { return problem_.empty() ? records_.line() : line_; }

  // Sets what the result says of checkpoints: of those that the records so far have passed.
  void report(VerifyResult& result) const;

 private:
  std::vector<Pin> read(const KnownKeys& keys);
  void fail(std::int64_t line, std::string problem);

  std::string file_;
  std::vector<Checkpoint> checkpoints_;  // by seq
  PinnedRecords records_;
  std::string problem_;
  std::int64_t line_ = 0;
};

}  // namespace cxrelay
