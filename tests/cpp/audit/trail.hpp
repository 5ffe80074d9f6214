// A trail to test with: a temporary directory, a journal in memory, and verbs on the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/chain.hpp"
#include "cxrelay/audit.hpp"

namespace cxrelay::audit_test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::string& path);
std::string unpacked(const std::string& path);  // a segment's bytes, be it compressed or not
std::string packed(std::string_view bytes);     // as gzip does it
void write_file(const std::string& path, std::string_view bytes);
std::vector<std::string> lines_of(std::string_view text);  // without '\n'

// An "accepted" record with payloads, and what else a test wants to change, before it is chained.
AuditRecord accepted(std::int64_t seq);
AuditRecord finished(std::int64_t seq, std::string detail);

// A journal in memory that can be made to fail.
class Journal final : public AuditSource {
 public:
  Journal() = default;
  explicit Journal(std::int64_t records) { add(records); }

  void add(std::int64_t count);  // a mixture of records
  void add(AuditRecord record);  // numbered and chained here
  AuditRecord& at(std::int64_t seq) { return records_.at(static_cast<std::size_t>(seq - 1)); }
  std::int64_t size() const { return static_cast<std::int64_t>(records_.size()); }

  std::vector<AuditRecord> read(std::int64_t after, std::size_t limit) override;
  std::int64_t first_seq() override { return forgotten + 1; }
  std::optional<ChainHash> deleted_first_hash() override { return first_hash; }
  std::int64_t exported() override { return exported_; }
  void set_exported(std::int64_t seq) override;
  std::int64_t noted(std::string_view trail) override;
  void note_closed(std::string_view trail, std::span<const ClosedSegment> segments) override;

  std::optional<ChainHash> first_hash;            // what it says of record 1 when it is gone
  std::int64_t forgotten = 0;                     // records up to here are gone from the journal
  std::function<void(std::int64_t)> before_mark;  // may throw: the mark is then not set
  std::function<void(std::int64_t)> before_read;
  std::vector<std::int64_t> marks;  // every set_exported
  void force_mark(std::int64_t seq) { exported_ = seq; }
  std::vector<ClosedSegment> notes;   // every segment that was put on record
  bool writes_notes = false;          // as records of the journal, which the export must take too
  std::function<void()> before_note;  // may throw: nothing is then on record

 private:
  std::vector<AuditRecord> records_;
  std::int64_t exported_ = 0;
};

// Every line of the trail, closed segments first.
std::vector<std::string> all_lines(const std::string& open_path);

// The trail is whole, verifies, and holds exactly the journal's records.
void expect_trail(Journal& journal, const std::string& open_path);

}  // namespace cxrelay::audit_test
