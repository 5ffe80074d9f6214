#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "audit/checkpoint_key.hpp"
#include "audit/signed_line.hpp"
#include "audit/tombstone_line.hpp"
#include "audit/trail_check.hpp"
#include "base/file.hpp"

namespace cxrelay {
namespace {

// Closed segments, plain and compressed, that end after `after` and not after `seq`; the oldest first.
std::vector<Segment> segments_between(const std::string& path, std::int64_t after,
                                      std::int64_t seq) {
  auto segments = list_segment_files(path);
  std::erase_if(segments, [&](const Segment& segment) {
    return segment.last_seq <= after || segment.last_seq > seq;
  });
  return segments;
}

class Retention {
 public:
  Retention(const RetentionOptions& options, SigningKey key)
      : options_(options),
        key_(std::move(key)),
        clock_(options.clock ? options.clock : system_clock()) {
    if (options.older_than_us > clock_->wall_us()) {
      throw ConfigError("the limit of a retention cannot be in the future");
    }
  }

  RetainedTrail run() {
    const FileLock lock = FileLock::wait(options_.path + ".lock");
    trail_ = check_locked_trail(options_.path, key_.public_key());
    const VerifyResult& found = trail_.result;
    if (!found.ok) {
      throw AuditError("nothing is removed, because the trail does not verify: " + found.problem +
                       " (" + found.file + ":" + std::to_string(found.line) + ")");
    }
    result_.last_seq = found.removed_seq;
    if (!trail_.tombstones.empty()) {
      if (!options_.dry_run) sync_tombstones();
      remove_up_to(trail_.tombstones.back());
    }
    if (const CheckedSegment* last = last_old()) remove_up_to(bury(*last));
    return std::move(result_);
  }

 private:
  // The last segment of those that are to go: none after a younger one, and not the one that the trail ends with.
  const CheckedSegment* last_old() const {
    const CheckedSegment* last = nullptr;
    for (const CheckedSegment& closed : trail_.closed) {
      if (closed.segment.last_seq <= trail_.result.removed_seq) continue;  // decided before
      if (closed.newest_us >= options_.older_than_us) break;
      if (closed.segment.last_seq == trail_.result.last_seq) break;
      last = &closed;
    }
    return last;
  }

  // On disk when it returns.
  Tombstone bury(const CheckedSegment& last) {
    Tombstone tombstone;
    from_hex(trail_.result.trail, tombstone.trail);
    tombstone.first_seq = trail_.result.removed_seq + 1;
    tombstone.seq = last.segment.last_seq;
    tombstone.hash = last.last_hash;
    tombstone.older_than_us = options_.older_than_us;
    tombstone.time_us = clock_->wall_us();
    if (options_.dry_run) return tombstone;
    sign(tombstone, key_);
    append_signed_line(tombstone_path(options_.path), to_line(tombstone), kTombstoneStart,
                       "tombstone");
    return tombstone;
  }

  // Who wrote the last one may not have lived to do it.
  void sync_tombstones() const {
    const std::string path = tombstone_path(options_.path);
    sync_data(open_private(path, O_RDONLY).get());
    sync_directory_of(path);
  }

  // Each is gone for good before the next one goes: whatever happens, what is left is the end of the trail.
  void remove_up_to(const Tombstone& tombstone) {
    const auto segments = segments_between(options_.path, gone_until_, tombstone.seq);
    if (!options_.dry_run && !segments.empty() && options_.before_removal) {
      options_.before_removal(tombstone);
    }
    for (const Segment& segment : segments) {
      if (!options_.dry_run) remove(segment.path);
      result_.removed.push_back(segment.path);
      const std::int64_t before = std::max(gone_until_, segment.first_seq - 1);
      result_.records += std::max<std::int64_t>(0, segment.last_seq - before);
      gone_until_ = std::max(gone_until_, segment.last_seq);
    }
    result_.last_seq = tombstone.seq;
  }

  static void remove(const std::string& file) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
      throw AuditError("cannot remove " + file + ": " + std::generic_category().message(errno));
    }
    sync_directory_of(file);
  }

  const RetentionOptions& options_;
  SigningKey key_;
  std::shared_ptr<Clock> clock_;
  CheckedTrail trail_;
  std::int64_t gone_until_ = 0;  // what this call has removed
  RetainedTrail result_;
};

}  // namespace

RetainedTrail retain_trail(const RetentionOptions& options) {
  if (options.key_path.empty()) {
    throw ConfigError(
        "retention signs for what it removes, and there is no key: name one ([audit] "
        "checkpoint_key; `cxrelay audit "
        "keygen` makes one)");
  }
  return Retention(options, read_signing_key(options.key_path)).run();
}

}  // namespace cxrelay
