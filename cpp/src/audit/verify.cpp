#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "audit/chain_check.hpp"
#include "audit/checkpoint_check.hpp"
#include "audit/line_stream.hpp"
#include "audit/segment_file.hpp"
#include "audit/segments.hpp"
#include "audit/tombstone_check.hpp"
#include "audit/trail_check.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "cxrelay/audit.hpp"

namespace cxrelay {
namespace {

using Step = LineStream::Step;

// The trail as it is at one moment. Closed segments never change; of the open one, what is there
// now counts.
struct Snapshot {
  std::vector<Segment> closed;
  std::optional<Fd> open;
  std::uint64_t open_bytes = 0;
  TombstoneCheck tombstones;
};

// What the tombstones of a trail have to be.
struct TombstoneTerms {
  std::string file;
  KnownKeys keys = {};
  TombstoneCheck::Strangers strangers = TombstoneCheck::Strangers::refused;
};

// An exporter at work may be half-way through a line or between two files: wait for it. Whoever may
// not lock (a read-only copy, another user's files) looks without.
std::optional<FileLock> lock_if_possible(const std::string& path) {
  if (::access(path.c_str(), R_OK | W_OK) != 0) return std::nullopt;
  try {
    return FileLock::wait(path);
  } catch (const StoreError&) {
    return std::nullopt;
  }
}

// The tombstones belong to the moment: retention may be at work too.
Snapshot take_snapshot(const std::string& path, const TombstoneTerms& terms) {
  Snapshot snapshot;
  snapshot.tombstones = TombstoneCheck(terms.file, terms.keys, terms.strangers);
  snapshot.closed = list_segments(path);
  snapshot.open = open_for_reading(path);
  if (snapshot.open) snapshot.open_bytes = size_of(snapshot.open->get(), path);
  return snapshot;
}

class Verifier {
 public:
  Verifier(std::string path, CheckpointCheck checkpoints, Snapshot snapshot)
      : path_(std::move(path)),
        checkpoints_(std::move(checkpoints)),
        snapshot_(std::move(snapshot)),
        tombstones_(std::move(snapshot_.tombstones)),
        chain_(tombstones_.removed_seq(), tombstones_.removed_hash()) {}

  VerifyResult run() {
    if (snapshot_.closed.empty() && !snapshot_.open) throw AuditError("no audit trail at " + path_);
    const bool are_sound = checkpoints_.problem().empty() && tombstones_.problem().empty();
    if (are_sound && check_files() && tombstones_.ends(last_seq())) checkpoints_.records().ends();
    if (!checkpoints_.problem().empty()) {
      fail(checkpoints_.file(), checkpoints_.line(), checkpoints_.problem());
    } else if (!tombstones_.problem().empty()) {
      fail(tombstones_.file(), tombstones_.line(), tombstones_.problem());
    }
    report();
    return result_;
  }

  // After run(): the closed segments that verified.
  const std::vector<CheckedSegment>& checked() const noexcept { return checked_; }
  const std::vector<Tombstone>& tombstones() const noexcept { return tombstones_.tombstones(); }

 private:
  void report() {
    result_.ok = result_.problem.empty();
    result_.records = chain_.records();
    result_.first_seq = chain_.first_seq();
    result_.last_seq = last_seq();
    if (chain_.records() > 0) {
      result_.first_hash = to_hex(chain_.first_hash());
      result_.last_hash = to_hex(chain_.last_hash());
      result_.trail = to_hex(trail());
    }
    checkpoints_.report(result_);
    tombstones_.report(result_);
  }

  bool check_files() {
    for (const Segment& segment : snapshot_.closed) {
      if (!check_closed(segment)) return false;
      checked_.push_back({segment, newest_us_, chain_.last_hash()});
    }
    return !snapshot_.open ||
           check_lines({snapshot_.open->get(), path_, snapshot_.open_bytes}, path_);
  }

  bool check_closed(const Segment& segment) {
    if (auto problem = order_problem(end_before(segment), segment); !problem.empty()) {
      return fail(segment.path, 0, std::move(problem));
    }
    const auto file = SegmentFile::open(segment.path);
    if (!file) throw AuditError("cannot read " + segment.path + ": it has just been removed");
    // Before its lines: what damage makes of them would be told as somebody's doing.
    if (!file->is_whole()) return fail(segment.path, 0, "not a whole gzip file");
    const std::int64_t before = last_seq();
    if (!check_lines(file->lines(), segment.path)) return false;
    const bool begins_well = before > 0 || chain_.first_seq() == segment.first_seq;
    if (begins_well && last_seq() == segment.last_seq) return true;
    return fail(segment.path, lines_,
                fmt::format("holds seq {} to {}, which is not what its name says",
                            before > 0 ? before + 1 : chain_.first_seq(), last_seq()));
  }

  // The trail may begin with a segment that retention was about to remove.
  std::int64_t end_before(const Segment& segment) const {
    if (chain_.records() > 0) return chain_.last_seq();
    return std::min(segment.first_seq - 1, tombstones_.removed_seq());
  }

  // Of the records that are there; 0 = none.
  std::int64_t last_seq() const { return chain_.records() > 0 ? chain_.last_seq() : 0; }

  bool check_lines(LineStream stream, const std::string& file) {
    lines_ = 0;
    newest_us_ = std::numeric_limits<std::int64_t>::min();
    while (true) {
      const Step step = stream.next();
      lines_ = stream.number();
      if (step == Step::end) return true;
      if (step == Step::cut) return fail(file, lines_, "the last line is cut");
      if (step == Step::too_long) return fail(file, lines_, "a line is longer than any record");
      if (!chain_.next(stream.text())) return fail(file, lines_, chain_.problem());
      newest_us_ = std::max(newest_us_, chain_.last_time_us());
      if (!fits()) return false;
    }
  }

  // What is signed of the trail and the record at hand.
  bool fits() {
    PinnedRecords& kept = checkpoints_.records();
    PinnedRecords& removed = tombstones_.records();
    const auto pass = [&](std::int64_t seq, const Digest& hash) {
      return kept.passes(seq, hash) && removed.passes(seq, hash);
    };
    if (chain_.records() == 1) {
      if (!kept.is_of(trail()) || !removed.is_of(trail())) return false;
      if (!pass(chain_.first_seq() - 1, chain_.first_previous())) return false;
    }
    return pass(chain_.last_seq(), chain_.last_hash());
  }

  // The hash of record 1, which may be gone.
  const Digest& trail() const {
    return chain_.first_seq() == 1 ? chain_.first_hash() : tombstones_.trail();
  }

  bool fail(const std::string& file, std::int64_t line, std::string problem) {
    result_.problem = std::move(problem);
    result_.file = file;
    result_.line = line;
    return false;
  }

  std::string path_;
  CheckpointCheck checkpoints_;
  Snapshot snapshot_;
  TombstoneCheck tombstones_;
  ChainCheck chain_;
  std::int64_t lines_ = 0;      // of the file at hand
  std::int64_t newest_us_ = 0;  // and the latest time in them
  std::vector<CheckedSegment> checked_;
  VerifyResult result_;
};

}  // namespace

VerifyResult verify_audit(const std::string& path) { return verify_audit(path, {}); }

VerifyResult verify_audit(const std::string& path, const CheckpointFiles& files) {
  TombstoneTerms terms{files.tombstones, KnownKeys(files.public_keys)};
  if (terms.file.empty()) {
    terms.file = tombstone_path(path);
  } else if (!open_for_reading(terms.file)) {
    throw AuditError("there are no tombstones at " + terms.file);
  }
  CheckpointCheck checkpoints;
  if (!files.checkpoints.empty()) checkpoints = CheckpointCheck(files.checkpoints, terms.keys);
  auto lock = lock_if_possible(path + ".lock");
  Snapshot snapshot = take_snapshot(path, terms);
  lock.reset();
  return Verifier(path, std::move(checkpoints), std::move(snapshot)).run();
}

CheckedTrail check_locked_trail(const std::string& path, const PublicKey& key) {
  TombstoneTerms terms{tombstone_path(path), {}, TombstoneCheck::Strangers::pass};
  terms.keys.add(key);
  Verifier verifier(path, {}, take_snapshot(path, terms));
  CheckedTrail checked{verifier.run(), verifier.checked(), verifier.tombstones()};
  return checked;
}

}  // namespace cxrelay
