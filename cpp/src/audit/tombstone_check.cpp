#include "audit/tombstone_check.hpp"

#include <fmt/format.h>

namespace cxrelay {
namespace {

constexpr std::string_view kTombstone = "tombstone";

}  // namespace

TombstoneCheck::TombstoneCheck(std::string file, const KnownKeys& keys, Strangers strangers)
    : file_(std::move(file)) {
  TombstoneFile found = read_tombstones(file_);
  tombstones_ = std::move(found.tombstones);
  if (!keys.empty()) check_signatures(keys, strangers);
  if (problem_.empty() && !found.problem.empty()) {
    fail(tombstones_.size() + 1, std::move(found.problem));
  }
  std::vector<Pin> pins;
  for (const Tombstone& tombstone : tombstones_) {
    const auto line = static_cast<std::int64_t>(pins.size()) + 1;
    pins.push_back({tombstone.seq, tombstone.hash, tombstone.trail, line});
  }
  records_ = PinnedRecords(kTombstone, std::move(pins));
}

void TombstoneCheck::check_signatures(const KnownKeys& keys, Strangers strangers) {
  are_checked_ = strangers == Strangers::refused;
  for (std::size_t i = 0; i < tombstones_.size(); ++i) {
    const Tombstone& tombstone = tombstones_[i];
    if (strangers == Strangers::pass && !keys.has(tombstone.key_id)) continue;
    auto problem =
        keys.problem(kTombstone, tombstone.key_id, signed_bytes(tombstone), tombstone.signature);
    if (problem.empty()) continue;
    fail(i + 1, std::move(problem));
    return;
  }
}

bool TombstoneCheck::ends(std::int64_t last_seq) {
  if (last_seq > removed_seq() || tombstones_.empty()) return true;
  return fail(tombstones_.size(), fmt::format("nothing follows tombstone seq {}", removed_seq()));
}

void TombstoneCheck::report(VerifyResult& result) const {
  result.tombstones = static_cast<std::int64_t>(tombstones_.size());
  if (tombstones_.empty()) return;
  result.removed_seq = removed_seq();
  result.tombstone_time_us = tombstones_.back().time_us;
  result.tombstones_checked = are_checked_;
}

bool TombstoneCheck::fail(std::size_t line, std::string problem) {
  line_ = static_cast<std::int64_t>(line);
  problem_ = std::move(problem);
  return false;
}

}  // namespace cxrelay
