#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

#include "audit/checkpointer.hpp"
#include "audit/compress.hpp"
#include "audit/line_writer.hpp"
#include "audit/note_closed.hpp"
#include "audit/resume.hpp"
#include "audit/segments.hpp"
#include "base/file.hpp"
#include "cxrelay/audit.hpp"

namespace cxrelay {
namespace {

// A batch of few but large records is written in pieces of about this size.
constexpr std::size_t kMaxBuffer = 8 * 1024 * 1024;

std::string lock_path(const ExportOptions& options) { return options.path + ".lock"; }

class Exporter {
 public:
  // The caller holds the trail's lock.
  Exporter(AuditSource& source, const ExportOptions& options)
      : source_(source),
        options_(options),
        place_(resume_export(source, options.path)),
        marked_(source.exported()),
        checkpointer_(source, options) {}

  ExportResult run() {
    if (place_.needs_sync) sync_data(place_.fd.get());
    mark(place_.last_seq);
    note_closed(source_, options_.path);
    const std::size_t limit = std::max<std::size_t>(1, options_.batch_records);
    while (true) {
      const auto records = source_.read(place_.last_seq, limit);
      if (records.empty()) break;
      for (const AuditRecord& record : records) add(record);
      flush();
    }
    result_.last_seq = place_.last_seq;
    checkpointer_.synced(place_.last_seq, place_.last_hash);
    compress();
    checkpointer_.finish();
    if (uncompressed_) throw_uncompressed();
    name_compressed();
    return std::move(result_);
  }

 private:
  void add(const AuditRecord& record) {
    check_follows(record);
    // A record about a closed segment closes none: or there would be no end of them.
    if (size() >= options_.max_segment_bytes && place_.first_seq > 0 &&
        record.action != "exported") {
      flush();
      close_segment();
      note_closed(source_, options_.path);
      compress();
    }
    writer_.append(buffer_, record, place_.last_hash);
    if (place_.first_seq == 0) place_.first_seq = record.seq;
    place_.last_seq = record.seq;
    place_.last_hash = record.hash;
    ++result_.records;
    if (buffer_.size() >= kMaxBuffer) flush();
  }

  // The journal has the hashes; that the files' last hash leads to them is worth one recomputation
  // a call.
  void check_follows(const AuditRecord& record) {
    if (record.seq != place_.last_seq + 1) {
      throw AuditError(
          fmt::format("the journal goes on with seq {} after {}", record.seq, place_.last_seq));
    }
    if (result_.records > 0) return;
    Sha256 hasher;
    if (chain_hash(hasher, record, place_.last_hash) != record.hash) {
      throw AuditError(
          fmt::format("{} ends with a record that the journal does not go on from "
                      "(seq {})",
                      options_.path, record.seq));
    }
  }

  // On disk first, then the mark. An exception leaves whole lines behind if at all possible.
  void flush() {
    if (buffer_.empty()) return;
    try {
      write_all(place_.fd.get(), buffer_);
      sync_data(place_.fd.get());
    } catch (const StoreError&) {
      // If this fails too, the next call cuts the same bytes.
      [[maybe_unused]] const int ignored =
          ::ftruncate(place_.fd.get(), static_cast<off_t>(place_.bytes));
      throw;
    }
    place_.bytes += buffer_.size();
    buffer_.clear();
    mark(place_.last_seq);
    checkpointer_.synced(place_.last_seq, place_.last_hash);
  }

  // Never back: files that were behind are brought up to date below the mark.
  void mark(std::int64_t seq) {
    if (seq <= marked_) return;
    source_.set_exported(seq);
    marked_ = seq;
  }

  // Only when there is a record for the next segment: so an open segment is hardly ever empty, and
  // closed ones can be carried away without taking the end of the trail with them.
  void close_segment() {
    std::string closed = segment_path(options_.path, place_.first_seq, place_.last_seq);
    struct stat info {};
    if (::lstat(closed.c_str(), &info) == 0) throw AuditError(closed + " exists already");
    if (std::rename(options_.path.c_str(), closed.c_str()) != 0) {
      throw AuditError("cannot rename " + options_.path + " to " + closed + ": " +
                       std::generic_category().message(errno));
    }
    place_.fd = open_private(options_.path, O_RDWR | O_CREAT | O_EXCL | O_APPEND);
    sync_directory_of(options_.path);
    place_.bytes = 0;
    place_.first_seq = 0;
    result_.closed_segments.push_back(std::move(closed));
  }

  // Records come first: what goes wrong waits until they are exported.
  void compress() {
    if (!options_.compress || uncompressed_) return;
    try {
      compress_closed(options_.path);
    } catch (const Error&) {
      uncompressed_ = std::current_exception();
    }
  }

  void throw_uncompressed() const {
    const std::string what = "the records are exported, but a closed segment was not compressed: ";
    try {
      std::rethrow_exception(uncompressed_);
    } catch (const StoreError& error) {
      throw StoreError(error.kind(), what + error.what());
    } catch (const Error& error) {
      throw AuditError(what + error.what());
    }
  }

  void name_compressed() {
    if (!options_.compress) return;
    for (std::string& path : result_.closed_segments) path = compressed_path(path);
  }

  std::uint64_t size() const noexcept { return place_.bytes + buffer_.size(); }

  AuditSource& source_;
  const ExportOptions& options_;
  ExportPlace place_;
  std::int64_t marked_;
  Checkpointer checkpointer_;
  LineWriter writer_;
  std::string buffer_;  // lines that are not written yet
  std::exception_ptr uncompressed_;
  ExportResult result_;
};

}  // namespace

ExportResult export_audit(AuditSource& source, const ExportOptions& options) {
  auto result = try_export_audit(source, options);
  if (!result) throw AuditError("another exporter is at work: it holds " + lock_path(options));
  return std::move(*result);
}

std::optional<ExportResult> try_export_audit(AuditSource& source, const ExportOptions& options) {
  const auto lock = FileLock::try_take(lock_path(options));
  if (!lock) return std::nullopt;
  return Exporter(source, options).run();
}

}  // namespace cxrelay
