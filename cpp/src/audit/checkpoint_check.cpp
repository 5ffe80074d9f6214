#include "audit/checkpoint_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "audit/checkpoint_key.hpp"
#include "audit/checkpoint_line.hpp"
#include "audit/line_stream.hpp"

namespace cxrelay {
namespace {

std::map<std::string, PublicKey> keys_by_id(const std::vector<std::string>& paths) {
  std::map<std::string, PublicKey> keys;
  for (const auto& path : paths) {
    const PublicKey key = read_public_key(path);
    keys.emplace(key_id_of(key), key);
  }
  return keys;
}

std::string signature_problem(const Checkpoint& checkpoint,
                              const std::map<std::string, PublicKey>& keys) {
  const auto key = keys.find(checkpoint.key_id);
  if (key == keys.end()) {
    return fmt::format("the checkpoint is signed with another key ({})", checkpoint.key_id);
  }
  if (is_signed_by(key->second, checkpoint)) return {};
  return "the checkpoint was changed: its signature does not fit";
}

}  // namespace

CheckpointCheck::CheckpointCheck(const CheckpointFiles& files) : file_(files.checkpoints) {
  read(files.public_keys);
  if (problem_.empty() && placed_.empty()) fail(0, "holds no checkpoint");
  std::ranges::stable_sort(placed_, {}, [](const Placed& p) { return p.checkpoint.seq; });
  while (at_ < placed_.size() && placed_[at_].checkpoint.seq == 0) ++at_;
  step();
}

void CheckpointCheck::read(const std::vector<std::string>& public_keys) {
  const auto keys = keys_by_id(public_keys);
  const auto fd = open_for_reading(file_);
  if (!fd) throw AuditError("there are no checkpoints at " + file_);
  LineStream stream(fd->get(), file_, size_of(fd->get(), file_));
  json::Document scratch;
  for (auto step = stream.next(); step != LineStream::Step::end; step = stream.next()) {
    const auto checkpoint =
        step == LineStream::Step::line ? read_checkpoint(stream.text(), scratch) : std::nullopt;
    auto problem = checkpoint ? signature_problem(*checkpoint, keys) : "not a checkpoint";
    if (!problem.empty()) {
      fail(stream.number(), std::move(problem));
      return;
    }
    placed_.push_back({*checkpoint, stream.number()});
  }
}

bool CheckpointCheck::compare(std::int64_t seq, const ChainHash& hash) {
  if (seq == 1) {
    for (std::size_t i = at_; i < placed_.size(); ++i) {
      if (placed_[i].checkpoint.trail == hash) continue;
      return fail(placed_[i].line, fmt::format("the checkpoint of seq {} is of another trail",
                                               placed_[i].checkpoint.seq));
    }
  }
  for (; next_seq_ == seq; ++at_, step()) {
    if (placed_[at_].checkpoint.hash == hash) continue;
    return fail(placed_[at_].line,
                fmt::format("seq {} is not the record that the checkpoint was signed for", seq));
  }
  return true;
}

bool CheckpointCheck::ends() {
  if (next_seq_ < 0) return true;
  return fail(placed_[at_].line, fmt::format("the trail ends before checkpoint seq {}", next_seq_));
}

void CheckpointCheck::report(VerifyResult& result) const {
  result.checkpoints = static_cast<std::int64_t>(at_);
  for (std::size_t i = 0; i < at_; ++i) {
    const Checkpoint& checkpoint = placed_[i].checkpoint;
    if (checkpoint.seq > result.checkpoint_seq) {
      result.checkpoint_seq = checkpoint.seq;
      result.checkpoint_time_us = checkpoint.time_us;
    } else if (checkpoint.seq == result.checkpoint_seq) {
      result.checkpoint_time_us = std::max(result.checkpoint_time_us, checkpoint.time_us);
    }
  }
}

void CheckpointCheck::step() {
  next_seq_ = at_ < placed_.size() ? placed_[at_].checkpoint.seq : -1;
}

bool CheckpointCheck::fail(std::int64_t line, std::string problem) {
  line_ = line;
  problem_ = std::move(problem);
  return false;
}

}  // namespace cxrelay
