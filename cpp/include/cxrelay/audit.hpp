// The audit trail: hash-chained records, their export to JSON lines, and their verification (DESIGN section 10,
// docs/audit.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/clock.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {

using ChainHash = std::array<std::byte, 32>;

// One fact. Fields that do not apply are empty.
struct AuditRecord {
  std::int64_t seq = 0;      // 1, 2, 3, ... without a gap
  std::int64_t time_us = 0;  // wall time, UTC
  // accepted skipped rejected started finished dead parked superseded revived erased retained upgraded exported
  std::string action;
  std::string idempotency_key;
  std::string interaction_id;
  std::optional<std::int64_t> event_time_us;
  std::string mapping_version;
  std::string request_id;
  std::string detail;  // JSON object with what is special to the action; empty = none
  // Payloads: erasable without breaking the chain, because only their salted digests are chained.
  std::array<std::byte, 16> salt{};
  std::optional<std::string> original;  // none = the action has none, or it was erased
  std::optional<std::string> mapped;
  std::optional<ChainHash> original_digest;  // kept when a payload is erased; may be there before
  std::optional<ChainHash> mapped_digest;
  ChainHash hash{};
};

// A segment of the exported trail that was closed: it does not change any more.
struct ClosedSegment {
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
  ChainHash hash{};  // of the record last_seq
  std::string file;  // its name without folder, as it was closed
};

// Where the exporter reads records and keeps its place.
class AuditSource {
 public:
  virtual ~AuditSource() = default;
  // Records with seq > `after`, in order, at most `limit`.
  virtual std::vector<AuditRecord> read(std::int64_t after, std::size_t limit) = 0;
  // The first record that it still has: those before were deleted.
  virtual std::int64_t first_seq() { return 1; }
  // The hash of record 1, by which trails are told apart, if that record was deleted.
  virtual std::optional<ChainHash> deleted_first_hash() { return std::nullopt; }
  virtual std::int64_t exported() = 0;              // seq up to which the export is on disk
  virtual void set_exported(std::int64_t seq) = 0;  // durable when it returns
  // The last record of the last closed segment that is on record; 0 = none. `trail`: the name of the open segment,
  // without folder.
  virtual std::int64_t noted(std::string_view trail) = 0;
  // Writes an "exported" record for each segment (in order) beyond noted(), which moves on in the same step: each is
  // on record once, however often this is called. Durable when it returns.
  virtual void note_closed(std::string_view trail, std::span<const ClosedSegment> segments) = 0;
};

// When an export signs a checkpoint of the trail (cxrelay/checkpoint.hpp): as soon as either is reached, and for
// the first export of a trail.
struct CheckpointOptions {
  std::string key_path = {};  // the private key; empty = no checkpoints. Defaults to empty.
  // Where they go: a file, "-" = standard output, "syslog". Empty, the default = `<path of the trail>.checkpoints`.
  std::string output = {};
  std::int64_t records = 10'000;      // exported since the last checkpoint. Defaults to 10,000.
  std::int64_t minutes = 60;          // since then, with or without new records. Defaults to 60.
  std::shared_ptr<Clock> clock = {};  // empty, the default = the system's
};

struct ExportOptions {
  std::string path = "audit_transformations.log";  // the open segment
  std::size_t max_segment_bytes =
      10 * 1024 * 1024;              // then it is closed and renamed. Defaults to 10 MiB.
  std::size_t batch_records = 1000;  // records between two syncs. Defaults to 1,000.
  CheckpointOptions checkpoint = {};
  bool compress = false;  // closed segments become `.log.gz`. Defaults to false.
};

struct ExportResult {
  std::int64_t records = 0;
  std::int64_t last_seq = 0;
  std::vector<std::string> closed_segments;  // paths of the segments that this call closed
};

// Appends every record that is not exported yet. Each batch is written, fsynced, and only then is the place
// advanced: killed anywhere, the next call goes on without a gap or a repeat.
// Closed segments are named `<stem>.<first seq>-<last seq>.log`, 12 digits each, and never deleted here. For each the
// journal gets an "exported" record, which this call exports too.
// A checkpoint covers only what is synced in the files. If one is due and cannot be made, or a closed segment cannot be
// compressed, the records are exported all the same and an error says so at the end; the next call tries again.
// Throws AuditError or StoreError. One exporter at a time: a second one in any process throws AuditError.
ExportResult export_audit(AuditSource& source, const ExportOptions& options);
// The same, but none while another exporter is at work.
std::optional<ExportResult> try_export_audit(AuditSource& source, const ExportOptions& options);

// The lines of the records with seq > `after`, in order, at most `limit`: as the exported files have them, without the
// '\n', but for payloads that retention has erased in the queue file. Moves nothing and marks nothing. A line has the hash
// of the record before: where retention has deleted the first records, the first line is that of source.first_seq() + 1.
// Throws AuditError (records are missing) or StoreError.
std::vector<std::string> audit_lines(AuditSource& source, std::int64_t after, std::size_t limit);

struct SeqRange {
  std::int64_t first = 0;
  std::int64_t last = 0;  // included
  friend bool operator==(const SeqRange&, const SeqRange&) = default;
};

struct ErasedExport {
  std::vector<std::string> rewritten;  // segments that held payloads and hold them no more
  // What the call cannot reach:
  // Events that were exported and are in no segment here, and that retention has not removed.
  std::vector<std::int64_t> elsewhere;
  // Records that the journal has deleted, that are in no segment here, and that retention has not removed: some may be
  // of them.
  std::vector<SeqRange> unseen;
};

// Erases the payloads of an interaction from the exported segments, closed and compressed ones included, by docs/audit.md;
// the trail and its checkpoints verify as before. `events`: the interaction's events in the journal, which must have been
// erased there, or the next export brings them back. Each segment is written anew beside the old one, synced and renamed:
// killed anywhere, each is the old one or the new one, and another call finishes. Waits for an exporter at work.
// `before_erasing` is called once, when the first payload is found. Throws what that throws, AuditError (a segment does
// not hold together: it is left as it is) or StoreError.
ErasedExport erase_exported(AuditSource& source, const std::string& path,
                            std::string_view interaction_id, std::span<const std::int64_t> events,
                            const std::function<void()>& before_erasing = {});

struct VerifyResult {
  bool ok = false;
  std::int64_t records = 0;
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
  std::string first_hash;  // hex
  std::string last_hash;   // hex
  std::string trail;       // hex: of record 1, even if retention removed it; tells trails apart
  std::string problem;     // empty when ok; otherwise what is wrong
  std::string file;        // and where
  std::int64_t line = 0;
  // Of the checkpoints given to verify_audit() in checkpoint.hpp:
  std::int64_t checkpoints = 0;         // how many are this trail's
  std::int64_t checkpoint_seq = 0;      // the last record that one of them covers
  std::int64_t checkpoint_time_us = 0;  // and when that was signed; 0 = none
  // Of the tombstones beside the trail (cxrelay/tombstone.hpp), which say that old records were removed:
  std::int64_t tombstones = 0;
  std::int64_t removed_seq = 0;        // records 1 to this one were; 0 = none
  std::int64_t tombstone_time_us = 0;  // when the last one was signed
  bool tombstones_checked = false;     // their signatures; if not, anybody may have written them
};

// Verifies the chain from the files alone: the closed segments beside `path`, compressed or not, `path` itself, and its
// tombstones, if retention has removed the beginning. Only verify_audit() in checkpoint.hpp, with public keys, checks
// who signed those.
// A broken trail is a value; a file that cannot be read throws AuditError.
VerifyResult verify_audit(const std::string& path);

}  // namespace cxrelay
