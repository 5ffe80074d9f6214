#include "trail.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "audit/line_reader.hpp"
#include "audit/segments.hpp"
#include "base/gzip.hpp"

namespace cxrelay::audit_test {

namespace {

// In memory where there is such a place: these tests sync some thousand times.
std::filesystem::path parent_directory() {
  const std::filesystem::path memory = "/dev/shm";
  if (::access(memory.c_str(), W_OK | X_OK) == 0) return memory;
  return std::filesystem::temp_directory_path();
}

}  // namespace

TempDir::TempDir() {
  std::string name = (parent_directory() / "cxrelay-audit-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TempDir::~TempDir() { std::filesystem::remove_all(path_); }

std::string read_file(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

std::string unpacked(const std::string& path) {
  if (!is_compressed(path)) return read_file(path);
  const std::string packed = read_file(path);
  std::size_t at = 0;
  GzipReader reader([&](char* out, std::size_t count) {
    const std::size_t n = packed.copy(out, count, at);
    at += n;
    return n;
  });
  std::string bytes(4 * 1024 * 1024, '\0');  // more than any test has
  bytes.resize(reader.read(bytes.data(), bytes.size()));
  EXPECT_TRUE(reader.is_whole()) << path;
  return bytes;
}

std::string packed(std::string_view bytes) {
  std::string out;
  GzipWriter writer([&](std::string_view piece) { out += piece; });
  writer.write(bytes);
  writer.finish();
  return out;
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

AuditRecord accepted(std::int64_t seq) {
  AuditRecord record;
  record.time_us = 1'715'769'000'000'000 + seq * 1'000;
  record.action = "accepted";
  record.interaction_id = fmt::format("call-{}", seq);
  record.idempotency_key = record.interaction_id + "_2024-05-15T10:30:00+00:00";
  record.event_time_us = 1'715'769'000'000'000;
  record.mapping_version = "1f2e3d4c";
  for (std::size_t i = 0; i < record.salt.size(); ++i) {
    record.salt[i] = static_cast<std::byte>((static_cast<std::size_t>(seq) * 31 + i * 7) & 0xFF);
  }
  record.original = fmt::format(R"({{"interactionId":"call-{}","n":{}}})", seq, seq);
  record.mapped = R"({"Queue":"Premium"})";
  return record;
}

AuditRecord finished(std::int64_t seq, std::string detail) {
  AuditRecord record;
  record.time_us = 1'715'769'000'000'000 + seq * 1'000;
  record.action = "finished";
  record.request_id = "00112233445566778899aabbccddeeff";
  record.detail = std::move(detail);
  return record;
}

void Journal::add(std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t seq = size() + 1;
    add(seq % 3 == 0 ? finished(seq, fmt::format(R"({{"status":200,"completed":[{}]}})", seq - 1))
                     : accepted(seq));
  }
}

void Journal::add(AuditRecord record) {
  Sha256 hasher;
  record.seq = size() + 1;
  record.hash = chain_hash(hasher, record, records_.empty() ? Digest{} : records_.back().hash);
  records_.push_back(std::move(record));
}

std::vector<AuditRecord> Journal::read(std::int64_t after, std::size_t limit) {
  if (before_read) before_read(after);
  const auto first = std::min(std::max(after, forgotten), size());
  const auto last = std::min(size(), first + static_cast<std::int64_t>(limit));
  return {records_.begin() + first, records_.begin() + last};
}

void Journal::set_exported(std::int64_t seq) {
  if (before_mark) before_mark(seq);
  marks.push_back(seq);
  exported_ = seq;
}

std::int64_t Journal::noted(std::string_view) { return notes.empty() ? 0 : notes.back().last_seq; }

void Journal::note_closed(std::string_view trail, std::span<const ClosedSegment> segments) {
  if (before_note) before_note();
  for (const ClosedSegment& segment : segments) {
    if (segment.last_seq <= noted(trail)) continue;
    notes.push_back(segment);
    if (!writes_notes) continue;
    AuditRecord record = finished(size() + 1, R"({"first_seq":1})");
    record.action = "exported";
    record.request_id.clear();
    add(record);
  }
}

std::vector<std::string> all_lines(const std::string& open_path) {
  std::vector<std::string> lines;
  for (const Segment& segment : list_segments(open_path)) {
    std::ranges::move(lines_of(unpacked(segment.path)), std::back_inserter(lines));
  }
  std::ranges::move(lines_of(read_file(open_path)), std::back_inserter(lines));
  return lines;
}

void expect_trail(Journal& journal, const std::string& open_path) {
  const VerifyResult result = verify_audit(open_path);
  EXPECT_TRUE(result.ok) << result.problem << " at " << result.file << ":" << result.line;
  EXPECT_EQ(result.records, journal.size());
  EXPECT_EQ(result.last_seq, journal.size());
  EXPECT_EQ(journal.exported(), journal.size());
  if (journal.size() > 0) {
    EXPECT_EQ(result.last_hash, to_hex(journal.at(journal.size()).hash));
  }
  const auto lines = all_lines(open_path);
  ASSERT_EQ(static_cast<std::int64_t>(lines.size()), journal.size());
  LineReader reader;
  for (std::int64_t seq = 1; seq <= journal.size(); ++seq) {
    ASSERT_TRUE(reader.read(lines[static_cast<std::size_t>(seq - 1)])) << reader.problem();
    EXPECT_EQ(reader.line().fields.seq, seq);
    EXPECT_EQ(reader.line().hash, journal.at(seq).hash);
  }
}

}  // namespace cxrelay::audit_test
