#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "audit/line_reader.hpp"
#include "audit/line_stream.hpp"
#include "audit/resume.hpp"
#include "audit/segments.hpp"
#include "audit/tombstone_line.hpp"
#include "base/file.hpp"
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

// A file that takes the place of another one when it is whole; gone if that does not come to pass.
class Replacement {
 public:
  Replacement(std::string path, const std::string& replaced)
      : path_(std::move(path)),
        replaced_(replaced),
        fd_(open_private(path_, O_WRONLY | O_CREAT | O_EXCL)) {}
  ~Replacement() {
    if (fd_.valid()) ::unlink(path_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  void write(std::string_view bytes) { write_all(fd_.get(), bytes); }
  void take_place() {
    sync_data(fd_.get());
    if (std::rename(path_.c_str(), replaced_.c_str()) != 0) {
      throw AuditError("cannot rename " + path_ + " to " + replaced_ + ": " +
                       std::generic_category().message(errno));
    }
    fd_.reset();
    sync_directory_of(replaced_);
  }

 private:
  std::string path_;
  const std::string& replaced_;
  Fd fd_;
};

class ExportEraser {
 public:
  ExportEraser(const std::string& path, std::string_view interaction_id)
      : work_path_(path + ".erasing"), eraser_(interaction_id) {}

  // What a call left that was killed.
  void remove_leftover() {
    if (::unlink(work_path_.c_str()) != 0 && errno != ENOENT) {
      throw AuditError("cannot remove " + work_path_ + ": " +
                       std::generic_category().message(errno));
    }
  }

  // True if the segment held a payload of the interaction.
  bool erase_in(const std::string& segment) {
    const auto fd = open_for_reading(segment);
    if (!fd) throw AuditError("cannot read " + segment);
    const auto size = size_of(fd->get(), segment);
    bool found = false;
    each_line(fd->get(), segment, size,
              [&](std::string_view, bool is_theirs) { found = found || is_theirs; });
    if (found) rewrite(fd->get(), segment, size);
    return found;
  }

 private:
  void rewrite(int fd, const std::string& segment, std::uint64_t size) {
    Replacement replacement(work_path_, segment);
    std::string buffer;
    each_line(fd, segment, size, [&](std::string_view line, bool is_theirs) {
      if (is_theirs) {
        eraser_.append_erased(buffer);
      } else {
        buffer.append(line).push_back('\n');
      }
      if (buffer.size() < kWriteBytes) return;
      replacement.write(buffer);
      buffer.clear();
    });
    replacement.write(buffer);
    replacement.take_place();
  }

  // A line that nobody can read could hold anything: then the file is left as it is.
  template <typename Use>
  void each_line(int fd, const std::string& segment, std::uint64_t size, const Use& use) {
    LineStream stream(fd, segment, size);
    while (true) {
      const auto step = stream.next();
      if (step == LineStream::Step::end) return;
      if (step != LineStream::Step::line) {
        throw AuditError(fmt::format("{}, line {}: not an audit record", segment, stream.number()));
      }
      const auto kind = eraser_.look(stream.text());
      if (kind == LineEraser::Kind::unreadable) {
        throw AuditError(
            fmt::format("{}, line {}: {}", segment, stream.number(), eraser_.problem()));
      }
      use(stream.text(), kind == LineEraser::Kind::to_erase);
    }
  }

  std::string work_path_;
  LineEraser eraser_;
};

bool holds(const Segment& segment, std::int64_t seq) {
  return seq >= segment.first_seq && seq <= segment.last_seq;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

ErasedExport erase_exported(AuditSource& source, const std::string& path,
                            std::string_view interaction_id, std::span<const std::int64_t> events) {
  ErasedExport result;
  std::vector<Segment> present = list_compressed_segments(path);
  for (const Segment& segment : present) {
    const auto is_in = [&](std::int64_t seq) { return holds(segment, seq); };
    if (std::ranges::any_of(events, is_in)) result.compressed.push_back(segment.path);
  }
  if (exists(path) || !list_segments(path).empty()) {
    const FileLock lock = FileLock::wait(path + ".lock");
    ExportEraser eraser(path, interaction_id);
    eraser.remove_leftover();
    // Cuts off what a killed exporter left of a line: it may be one of theirs.
    const ExportPlace place = resume_export(source, path);
    auto segments = list_segments(path);
    if (place.first_seq > 0) segments.push_back({path, place.first_seq, place.last_seq});
    for (const Segment& segment : segments) {
      if (eraser.erase_in(segment.path)) result.rewritten.push_back(segment.path);
    }
    present.insert(present.end(), segments.begin(), segments.end());
  }
  const auto exported = source.exported();
  const auto removed = read_tombstones(tombstone_path(path)).tombstones;
  for (const auto seq : events) {
    if (!removed.empty() && seq <= removed.back().seq) continue;
    const auto has_it = [&](const Segment& segment) { return holds(segment, seq); };
    if (seq <= exported && std::ranges::none_of(present, has_it)) result.elsewhere.push_back(seq);
  }
  return result;
}

}  // namespace cxrelay
