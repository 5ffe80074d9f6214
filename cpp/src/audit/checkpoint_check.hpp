// Compares a trail, record by record, with the checkpoints that somebody kept of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/checkpoint.hpp"

namespace cxrelay {

class CheckpointCheck {
 public:
  CheckpointCheck() = default;  // no checkpoints: nothing to compare

  // Reads the checkpoints and checks their signatures; afterwards problem() may not be empty. Throws
  // AuditError for a file that cannot be read.
  explicit CheckpointCheck(const CheckpointFiles& files);

  // The next record of the trail, from 1 on. False if a checkpoint says otherwise.
  bool passes(std::int64_t seq, const ChainHash& hash) {
    return (seq != 1 && seq != next_seq_) || compare(seq, hash);
  }
  // After the last record. False if a checkpoint covers more.
  bool ends();

  // What is wrong, where it stands in the file of checkpoints; empty = nothing.
  const std::string& problem() const noexcept { return problem_; }
  const std::string& file() const noexcept { return file_; }
  std::int64_t line() const noexcept { return line_; }

  // Sets what the result says of checkpoints: of those that the records so far have passed.
  void report(VerifyResult& result) const;

 private:
  struct Placed {
    Checkpoint checkpoint;
    std::int64_t line = 0;
  };

  void read(const std::vector<std::string>& public_keys);
  bool compare(std::int64_t seq, const ChainHash& hash);
  void step();
  bool fail(std::int64_t line, std::string problem);

  std::string file_;
  std::vector<Placed> placed_;  // by seq
  std::size_t at_ = 0;          // the next one to compare
  std::int64_t next_seq_ = -1;  // its seq; -1 = none is left
  std::string problem_;
  std::int64_t line_ = 0;
};

}  // namespace cxrelay
