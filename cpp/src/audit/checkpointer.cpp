#include "audit/checkpointer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "audit/checkpoint_key.hpp"
#include "audit/checkpoint_line.hpp"
#include "audit/line_reader.hpp"
#include "audit/line_stream.hpp"
#include "audit/segment_file.hpp"
#include "audit/segments.hpp"
#include "audit/tombstone_line.hpp"
#include "base/file.hpp"

namespace cxrelay {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;

// None if there is none that `key` has signed.
std::optional<Checkpoint> read_last(const std::string& path, const PublicKey& key) {
  const auto fd = open_for_reading(path);
  if (!fd) return std::nullopt;
  LineStream stream(fd->get(), path, size_of(fd->get(), path));
  if (stream.next() != LineStream::Step::line) return std::nullopt;
  json::Document scratch;
  auto checkpoint = read_checkpoint(stream.text(), scratch);
  if (!checkpoint || !is_signed_by(key, *checkpoint)) return std::nullopt;
  return checkpoint;
}

// The hash of record 1, if that is the first record of the file.
std::optional<Digest> first_hash_in(const std::string& path) {
  const auto file = SegmentFile::open(path);
  if (!file) return std::nullopt;
  LineStream stream = file->lines();
  LineReader reader;
  if (stream.next() != LineStream::Step::line || !reader.read(stream.text())) return std::nullopt;
  if (reader.line().fields.seq != 1) return std::nullopt;
  return reader.line().hash;
}

}  // namespace

bool is_checkpoint_due(const std::optional<Checkpoint>& last, std::int64_t seq, std::int64_t now_us,
                       const CheckpointOptions& options) {
  if (!last || seq < last->seq || now_us < last->time_us) return true;
  return seq - last->seq >= options.records ||
         now_us - last->time_us >= options.minutes * kMinuteUs;
}

Checkpointer::Checkpointer(AuditSource& source, const ExportOptions& options)
    : source_(source),
      options_(options),
      clock_(options.checkpoint.clock ? options.checkpoint.clock : system_clock()),
      state_path_(options.path + ".last-checkpoint") {}

void Checkpointer::synced(std::int64_t seq, const Digest& hash) {
  if (options_.checkpoint.key_path.empty() || !problem_.empty()) return;
  try {
    sign_if_due(seq, hash);
  } catch (const Error& error) {
    problem_ = error.what();
  }
}

void Checkpointer::finish() const {
  if (problem_.empty()) return;
  throw AuditError("the records are exported, but the checkpoint that is due was not signed: " +
                   problem_);
}

void Checkpointer::sign_if_due(std::int64_t seq, const Digest& hash) {
  if (!key_) {
    key_ = read_signing_key(options_.checkpoint.key_path);
    last_ = read_last(state_path_, key_->public_key());
  }
  if (seq > 0 && !trail_) {
    trail_ = trail();
    // What is remembered may be of a trail that lay here before.
    if (last_ && last_->seq > 0 && last_->trail != *trail_) last_.reset();
  }
  const std::int64_t now_us = clock_->wall_us();
  if (!is_checkpoint_due(last_, seq, now_us, options_.checkpoint)) return;
  Checkpoint checkpoint;
  checkpoint.trail = trail_.value_or(Digest{});
  checkpoint.seq = seq;
  checkpoint.hash = hash;
  checkpoint.time_us = now_us;
  sign(checkpoint, *key_);
  const std::string& output = options_.checkpoint.output;
  write_checkpoint(checkpoint, output.empty() ? options_.path + ".checkpoints" : output);
  last_ = checkpoint;
  remember(checkpoint);
}

// From the files, from the journal, or, when both have let go of record 1, from the tombstone that says so or the last
// checkpoint.
Digest Checkpointer::trail() {
  const auto closed = list_segments(options_.path);
  if (const auto hash = first_hash_in(closed.empty() ? options_.path : closed.front().path)) {
    return *hash;
  }
  const auto records = source_.read(0, 1);
  if (!records.empty() && records.front().seq == 1) return records.front().hash;
  if (const auto hash = source_.deleted_first_hash()) return *hash;
  const auto removed = read_tombstones(tombstone_path(options_.path)).tombstones;
  if (!removed.empty()) return removed.front().trail;
  if (last_ && last_->seq > 0) return last_->trail;
  throw AuditError("the first record of " + options_.path +
                   " is neither in the files nor in the journal");
}

void Checkpointer::remember(const Checkpoint& checkpoint) const {
  const Fd fd = open_private(state_path_, O_RDWR | O_CREAT | O_TRUNC);
  write_all(fd.get(), to_line(checkpoint) + '\n');
  sync_data(fd.get());
}

}  // namespace cxrelay
