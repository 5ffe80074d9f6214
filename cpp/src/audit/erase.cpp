#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "audit/compress.hpp"
#include "audit/line_reader.hpp"
#include "audit/replacement.hpp"
#include "audit/resume.hpp"
#include "audit/segment_file.hpp"
#include "audit/segments.hpp"
#include "audit/tombstone_line.hpp"
#include "base/file.hpp"
#include "base/gzip.hpp"
#include "cxrelay/audit.hpp"
#include "json/write.hpp"

namespace cxrelay {
namespace {

constexpr std::size_t kWriteBytes = 1024 * 1024;

// Erases by the rule of docs/audit.md: the payload goes, its digest comes; with the last payload goes the salt.
class LineEraser {
 public:
  explicit LineEraser(std::string_view interaction_id) : interaction_id_(interaction_id) {
    mark_ = "\"interactionId\":";
    json::append_string(mark_, interaction_id);
  }

  enum class Kind {
    to_erase,   // a record of the interaction with a payload
    to_keep,    // any other
    unreadable  // it may be the interaction's, but is not the line of a record; problem() says why
  };
  // `line`: without its '\n'.
  Kind look(std::string_view line) {
    if (line.find(mark_) == std::string_view::npos) return Kind::to_keep;
    if (!reader_.read(line) || !reader_.is_exact()) return Kind::unreadable;
    const AuditLine& record = reader_.line();
    const bool is_theirs = record.fields.interaction_id == interaction_id_ && record.has_payload();
    return is_theirs ? Kind::to_erase : Kind::to_keep;
  }
  const std::string& problem() const noexcept { return reader_.problem(); }

  // Appends the line that was last looked at, and a '\n', without its payloads.
  void append_erased(std::string& out) {
    AuditLine line = reader_.line();
    if (line.original.form != PayloadForm::none) {
      line.fields.original_digest = payload_digest(hasher_, line.salt, line.original.bytes);
    }
    if (line.mapped.form != PayloadForm::none) {
      line.fields.mapped_digest = payload_digest(hasher_, line.salt, line.mapped.bytes);
    }
    line.original = {};
    line.mapped = {};
    append_line(out, line);
  }

 private:
  std::string_view interaction_id_;
  std::string mark_;  // every line of the interaction has it
  LineReader reader_;
  Sha256 hasher_;
};

class ExportEraser {
 public:
  ExportEraser(const std::string& path, std::string_view interaction_id,
               std::function<void()> before_erasing)
      : work_path_(path + ".erasing"),
        eraser_(interaction_id),
        before_erasing_(std::move(before_erasing)) {}

  // What a call left that was killed.
  void remove_leftover() const { remove_file(work_path_); }

  // True if the segment held a payload of the interaction.
  bool erase_in(const std::string& segment) {
    const auto file = SegmentFile::open(segment);
    if (!file) throw AuditError("cannot read " + segment);
    bool found = false;
    each_line(*file, [&](std::string_view, bool is_theirs) { found = found || is_theirs; });
    if (found && before_erasing_) std::exchange(before_erasing_, {})();
    if (found) rewrite(*file);
    return found;
  }

 private:
  void rewrite(const SegmentFile& file) {
    Replacement replacement(work_path_, file.path());
    if (!is_compressed(file.path())) {
      write_erased(file, [&](std::string_view bytes) { replacement.write(bytes); });
    } else {
      GzipWriter writer([&](std::string_view bytes) { replacement.write(bytes); });
      write_erased(file, [&](std::string_view bytes) { writer.write(bytes); });
      writer.finish();
    }
    replacement.take_place();
  }

  void write_erased(const SegmentFile& file, const ByteSink& sink) {
    std::string buffer;
    each_line(file, [&](std::string_view line, bool is_theirs) {
      if (is_theirs) {
        eraser_.append_erased(buffer);
      } else {
        buffer.append(line).push_back('\n');
      }
      if (buffer.size() < kWriteBytes) return;
      sink(buffer);
      buffer.clear();
    });
    sink(buffer);
  }

  // A line that nobody can read could hold anything: then the file is left as it is.
  template <typename Use>
  void each_line(const SegmentFile& file, const Use& use) {
    LineStream stream = file.lines();
    while (true) {
      const auto step = stream.next();
      if (step == LineStream::Step::end) return;
      if (step != LineStream::Step::line) {
        throw AuditError(
            fmt::format("{}, line {}: not an audit record", file.path(), stream.number()));
      }
      const auto kind = eraser_.look(stream.text());
      if (kind == LineEraser::Kind::unreadable) {
        throw AuditError(
            fmt::format("{}, line {}: {}", file.path(), stream.number(), eraser_.problem()));
      }
      use(stream.text(), kind == LineEraser::Kind::to_erase);
    }
  }

  std::string work_path_;
  LineEraser eraser_;
  std::function<void()> before_erasing_;  // empty when it was called
};

bool holds(const Segment& segment, std::int64_t seq) {
  return seq >= segment.first_seq && seq <= segment.last_seq;
}

// Of all segments that are here, or not: their records that the journal does not know any more, and that retention has
// not removed up to `removed`.
std::vector<SeqRange> unseen_in(std::vector<Segment> present, std::int64_t first_known,
                                std::int64_t removed) {
  std::ranges::sort(present, {}, &Segment::first_seq);
  std::vector<SeqRange> unseen;
  std::int64_t next = removed + 1;
  for (const Segment& segment : present) {
    if (segment.first_seq >= first_known) break;
    if (segment.first_seq > next) unseen.push_back({next, segment.first_seq - 1});
    next = std::max(next, segment.last_seq + 1);
  }
  if (next < first_known) unseen.push_back({next, first_known - 1});
  return unseen;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

ErasedExport erase_exported(AuditSource& source, const std::string& path,
                            std::string_view interaction_id, std::span<const std::int64_t> events,
                            const std::function<void()>& before_erasing) {
  ErasedExport result;
  const auto first_known = source.first_seq();
  std::vector<Segment> present;
  if (exists(path) || !list_segments(path).empty()) {
    const FileLock lock = FileLock::wait(path + ".lock");
    ExportEraser eraser(path, interaction_id, before_erasing);
    eraser.remove_leftover();
    remove_file(compressing_path(path));
    // Cuts off what a killed exporter left of a line: it may be one of theirs.
    const ExportPlace place = resume_export(source, path);
    present = list_segment_files(path);
    if (place.first_seq > 0) present.push_back({path, place.first_seq, place.last_seq});
    for (const Segment& segment : present) {
      if (eraser.erase_in(segment.path)) result.rewritten.push_back(segment.path);
    }
  }
  const auto exported = source.exported();
  const auto tombstones = read_tombstones(tombstone_path(path)).tombstones;
  const std::int64_t removed = tombstones.empty() ? 0 : tombstones.back().seq;
  for (const auto seq : events) {
    if (seq <= removed) continue;
    const auto has_it = [&](const Segment& segment) { return holds(segment, seq); };
    if (seq <= exported && std::ranges::none_of(present, has_it)) result.elsewhere.push_back(seq);
  }
  result.unseen = unseen_in(std::move(present), first_known, removed);
  return result;
}

}  // namespace cxrelay
