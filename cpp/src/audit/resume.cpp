#include "audit/resume.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "audit/chain_check.hpp"
#include "audit/line_stream.hpp"
#include "audit/segment_file.hpp"
#include "audit/segments.hpp"
#include "audit/tombstone_line.hpp"

namespace cxrelay {
namespace {

using Step = LineStream::Step;

// The hashes that the journal has for a rising run of sequences.
class JournalHashes {
 public:
  explicit JournalHashes(AuditSource& source) : source_(source) {}

  // None if the journal does not have the record (any more).
  std::optional<Digest> of(std::int64_t seq) {
    if (records_.empty() || seq > records_.back().seq) {
      records_ = source_.read(seq - 1, kBatch);
      at_ = 0;
    }
    while (at_ < records_.size() && records_[at_].seq < seq) ++at_;
    if (at_ == records_.size() || records_[at_].seq != seq) return std::nullopt;
    return records_[at_].hash;
  }

 private:
  static constexpr std::size_t kBatch = 100;
  AuditSource& source_;
  std::vector<AuditRecord> records_;
  std::size_t at_ = 0;
};

// Whether an unfinished write can have left this: a line that begins as ours does, or blocks that
// were allocated and never filled. Anything else was written by somebody else and is not ours to
// cut.
bool is_torn(std::string_view text) {
  const auto size = std::min(text.size(), kLineStart.size());
  return text.substr(0, size) == kLineStart.substr(0, size) ||
         text.find('\0') != std::string_view::npos;
}

class Resumer {
 public:
  Resumer(AuditSource& source, const std::string& path)
      : source_(source), path_(path), exported_(source.exported()) {}

  ExportPlace run() {
    if (const auto closed = list_segments(path_); !closed.empty()) last_closed_ = closed.back();
    place_.fd = open_private(path_, O_RDWR | O_CREAT | O_APPEND);
    place_.bytes = size_of(place_.fd.get(), path_);
    const std::uint64_t found_bytes = place_.bytes;
    if (found_bytes == 0) {
      sync_directory_of(path_);  // it may be new
    } else if (!find_end_quickly()) {
      scan();
    }
    if (place_.first_seq == 0 && last_closed_) read_closed_end();
    if (place_.last_seq == 0) read_tombstone();
    confirm();
    if (place_.bytes < found_bytes) cut();
    return std::move(place_);
  }

 private:
  // The usual case: the file ends with the line of the last exported record. Reads the first line
  // and the last.
  bool find_end_quickly() {
    const std::string last = last_line_of(place_.fd.get(), path_, place_.bytes);
    if (last.empty() || !reader_.read(last)) return false;
    place_.last_seq = reader_.line().fields.seq;
    place_.last_hash = reader_.line().hash;
    if (place_.last_seq != exported_) return false;
    LineStream stream(place_.fd.get(), path_, place_.bytes);
    if (stream.next() != Step::line || !reader_.read(stream.text())) return false;
    place_.first_seq = reader_.line().fields.seq;
    refuse_overlap();
    return true;
  }

  // Any other case: follows the chain from the file's first line to its last good one.
  void scan() {
    LineStream stream(place_.fd.get(), path_, place_.bytes);
    ChainCheck chain;
    JournalHashes journal(source_);
    while (true) {
      const Step step = stream.next();
      if (step == Step::end) break;
      if (step == Step::line && chain.next(stream.text())) {
        if (chain.last_seq() > exported_) check_unconfirmed(journal, chain, stream.number());
        continue;
      }
      refuse_unless_torn(stream, step, chain);
      place_.bytes = stream.begin();
      break;
    }
    place_.first_seq = chain.first_seq();
    place_.last_seq = chain.last_seq();
    place_.last_hash = chain.last_hash();
    place_.needs_sync = place_.last_seq > exported_;
    if (place_.first_seq > 0) refuse_overlap();
  }

  // Written, but the journal was not told: it counts if it is what the journal would have us write.
  void check_unconfirmed(JournalHashes& journal, const ChainCheck& chain, std::int64_t line) {
    const auto hash = journal.of(chain.last_seq());
    if (!hash || *hash != chain.last_hash()) {
      throw AuditError(fmt::format("{}, line {}: seq {} is not in the journal as it stands here",
                                   path_, line, chain.last_seq()));
    }
  }

  void refuse_unless_torn(const LineStream& stream, Step step, const ChainCheck& chain) {
    const bool is_confirmed =
        chain.last_seq() < exported_;  // it was on disk once: a torn write is no excuse
    if (step == Step::cut && is_torn(stream.text())) return;
    if (step == Step::line && !is_confirmed && stream.text().find('\0') != std::string_view::npos) {
      return;
    }
    throw AuditError(fmt::format("{}, line {}: {}", path_, stream.number(),
                                 step == Step::line ? chain.problem() : "not an audit record"));
  }

  void refuse_overlap() {
    if (!last_closed_ || place_.first_seq > last_closed_->last_seq) return;
    throw AuditError(fmt::format("{} begins with seq {}, which {} holds already", path_,
                                 place_.first_seq, last_closed_->path));
  }

  // The open segment is empty: the last record stands at the end of the last closed one.
  void read_closed_end() {
    const auto file = SegmentFile::open(last_closed_->path);
    if (!file) throw AuditError("cannot read " + last_closed_->path);
    const std::string last = file->last_line();
    if (last.empty() || !reader_.read(last) ||
        reader_.line().fields.seq != last_closed_->last_seq) {
      throw AuditError(last_closed_->path + " does not end with the record that its name says");
    }
    place_.last_seq = reader_.line().fields.seq;
    place_.last_hash = reader_.line().hash;
  }

  // There is no record at all: after retention, which always leaves some, because files were lost.
  void read_tombstone() {
    const TombstoneFile file = read_tombstones(tombstone_path(path_));
    if (!file.problem.empty()) throw AuditError(tombstone_path(path_) + ": " + file.problem);
    if (file.tombstones.empty()) return;
    place_.last_seq = file.tombstones.back().seq;
    place_.last_hash = file.tombstones.back().hash;
  }

  // What the files end with must be what the journal goes on from.
  void confirm() {
    const auto& last_seq = place_.last_seq;
    const auto hash = last_seq > 0 ? JournalHashes(source_).of(last_seq) : std::nullopt;
    if (hash && *hash != place_.last_hash) {
      throw AuditError(fmt::format("{}: its last record, seq {}, is another one in the journal",
                                   path_, last_seq));
    }
    // Behind the journal's mark: files were lost or cut. The records are written again if they
    // still exist.
    if (last_seq < exported_ && !JournalHashes(source_).of(last_seq + 1)) {
      throw AuditError(
          fmt::format("{}: seq {} to {} were exported but are not in the files, and "
                      "the journal does not have them any more",
                      path_, last_seq + 1, exported_));
    }
  }

  void cut() {
    if (::ftruncate(place_.fd.get(), static_cast<off_t>(place_.bytes)) != 0) {
      throw AuditError("cannot cut the unfinished line off " + path_);
    }
    place_.needs_sync = true;
  }

  AuditSource& source_;
  const std::string& path_;
  std::int64_t exported_;
  std::optional<Segment> last_closed_;
  ExportPlace place_;
  LineReader reader_;
};

}  // namespace

ExportPlace resume_export(AuditSource& source, const std::string& path) {
  return Resumer(source, path).run();
}

}  // namespace cxrelay
