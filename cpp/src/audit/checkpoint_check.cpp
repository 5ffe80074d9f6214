#include "audit/checkpoint_check.hpp"

#include <algorithm>

#include "audit/checkpoint_line.hpp"
#include "audit/line_stream.hpp"

namespace cxrelay {
namespace {

constexpr std::string_view kCheckpoint = "checkpoint";

}  // namespace

CheckpointCheck::CheckpointCheck(const std::string& file, const KnownKeys& keys) : file_(file) {
  records_ = PinnedRecords(kCheckpoint, read(keys));
  if (problem_.empty() && checkpoints_.empty()) fail(0, "holds no checkpoint");
  std::ranges::stable_sort(checkpoints_, {}, &Checkpoint::seq);
}

std::vector<Pin> CheckpointCheck::read(const KnownKeys& keys) {
  std::vector<Pin> pins;
  const auto fd = open_for_reading(file_);
  if (!fd) throw AuditError("there are no checkpoints at " + file_);
  LineStream stream(fd->get(), file_, size_of(fd->get(), file_));
  json::Document scratch;
  for (auto step = stream.next(); step != LineStream::Step::end; step = stream.next()) {
    const auto found =
        step == LineStream::Step::line ? read_checkpoint(stream.text(), scratch) : std::nullopt;
    auto problem =
        found ? keys.problem(kCheckpoint, found->key_id, signed_bytes(*found), found->signature)
              : "not a checkpoint";
    if (!problem.empty()) {
      fail(stream.number(), std::move(problem));
      break;
    }
    pins.push_back({found->seq, found->hash, found->trail, stream.number()});
    checkpoints_.push_back(*found);
  }
  return pins;
}

void CheckpointCheck::report(VerifyResult& result) const {
  result.checkpoints = static_cast<std::int64_t>(records_.passed());
  for (std::size_t i = 0; i < records_.passed(); ++i) {
    const Checkpoint& checkpoint = checkpoints_[i];
    if (checkpoint.seq > result.checkpoint_seq) {
      result.checkpoint_seq = checkpoint.seq;
      result.checkpoint_time_us = checkpoint.time_us;
    } else if (checkpoint.seq == result.checkpoint_seq) {
      result.checkpoint_time_us = std::max(result.checkpoint_time_us, checkpoint.time_us);
    }
  }
}

void CheckpointCheck::fail(std::int64_t line, std::string problem) {
  line_ = line;
  problem_ = std::move(problem);
}

}  // namespace cxrelay
