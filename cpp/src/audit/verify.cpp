#include <fmt/format.h>
#include <unistd.h>

#include "audit/chain_check.hpp"
#include "audit/checkpoint_check.hpp"
#include "audit/line_stream.hpp"
#include "audit/segment_file.hpp"
#include "audit/segments.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "cxrelay/audit.hpp"

namespace cxrelay {
namespace {

// The trail as it is at one moment. Closed segments never change; of the open one, what is there
// now counts.
struct Snapshot {
  std::vector<Segment> closed;
  std::optional<Fd> open;
  std::uint64_t open_bytes = 0;
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

Snapshot take_snapshot(const std::string& path) {
  const auto lock = lock_if_possible(path + ".lock");
  Snapshot snapshot;
  snapshot.closed = list_segments(path);
  snapshot.open = open_for_reading(path);
  if (snapshot.open) snapshot.open_bytes = size_of(snapshot.open->get(), path);
  return snapshot;
}

class Verifier {
 public:
  Verifier(std::string path, CheckpointCheck checkpoints)
      : path_(std::move(path)), checkpoints_(std::move(checkpoints)) {}

  VerifyResult run() {
    const Snapshot snapshot = take_snapshot(path_);
    if (snapshot.closed.empty() && !snapshot.open) throw AuditError("no audit trail at " + path_);
    const bool is_whole = checkpoints_.problem().empty() && check_files(snapshot);
    if (is_whole) checkpoints_.ends();
    if (!checkpoints_.problem().empty()) {
      fail(checkpoints_.file(), checkpoints_.line(), checkpoints_.problem());
    }
    result_.ok = result_.problem.empty();
    result_.records = chain_.records();
    result_.first_seq = chain_.first_seq();
    result_.last_seq = chain_.last_seq();
    if (chain_.records() > 0) {
      result_.first_hash = to_hex(chain_.first_hash());
      result_.last_hash = to_hex(chain_.last_hash());
    }
    checkpoints_.report(result_);
    return result_;
  }

 private:
  bool check_files(const Snapshot& snapshot) {
    for (const Segment& segment : snapshot.closed) {
      if (!check_closed(segment)) return false;
    }
    return !snapshot.open || check_lines({snapshot.open->get(), path_, snapshot.open_bytes}, path_);
  }

  bool check_closed(const Segment& segment) {
    if (auto problem = order_problem(chain_.last_seq(), segment); !problem.empty()) {
      return fail(segment.path, 0, std::move(problem));
    }
    const auto file = SegmentFile::open(segment.path);
    if (!file) throw AuditError("cannot read " + segment.path + ": it has just been removed");
    // Before its lines: what damage makes of them would be told as somebody's doing.
    if (!file->is_whole()) return fail(segment.path, 0, "not a whole gzip file");
    const std::int64_t before = chain_.last_seq();
    if (!check_lines(file->lines(), segment.path)) return false;
    if (chain_.last_seq() == segment.last_seq) return true;
    return fail(segment.path, lines_,
                fmt::format("holds seq {} to {}, which is not what its name says", before + 1,
                            chain_.last_seq()));
  }

  bool check_lines(LineStream stream, const std::string& file) {
    using Step = LineStream::Step;
    lines_ = 0;
    while (true) {
      const Step step = stream.next();
      lines_ = stream.number();
      if (step == Step::end) return true;
      if (step == Step::cut) return fail(file, lines_, "the last line is cut");
      if (step == Step::too_long) return fail(file, lines_, "a line is longer than any record");
      if (!chain_.next(stream.text())) return fail(file, lines_, chain_.problem());
      if (!checkpoints_.passes(chain_.last_seq(), chain_.last_hash())) return false;
    }
  }

  bool fail(const std::string& file, std::int64_t line, std::string problem) {
    result_.problem = std::move(problem);
    result_.file = file;
    result_.line = line;
    return false;
  }

  std::string path_;
  CheckpointCheck checkpoints_;
  ChainCheck chain_{0, Digest{}};
  std::int64_t lines_ = 0;  // of the file at hand
  VerifyResult result_;
};

}  // namespace

VerifyResult verify_audit(const std::string& path) { return Verifier(path, {}).run(); }

VerifyResult verify_audit(const std::string& path, const CheckpointFiles& files) {
  return Verifier(path, CheckpointCheck(files)).run();
}

}  // namespace cxrelay
