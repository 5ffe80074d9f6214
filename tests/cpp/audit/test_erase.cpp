#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "audit/line_writer.hpp"
#include "audit/segments.hpp"
#include "base/file.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

using audit_test::accepted;
using audit_test::all_lines;
using audit_test::expect_trail;
using audit_test::Journal;
using audit_test::read_file;
using audit_test::TempDir;
using audit_test::write_file;

constexpr std::int64_t kTheirs = 4;  // "call-4"

class EraseTest : public ::testing::Test {
 protected:
  void export_all() { export_audit(journal_, {path_, 1500}); }
  // As the queue does it.
  void erase_in_journal(std::int64_t seq) {
    AuditRecord& record = journal_.at(seq);
    Sha256 hasher;
    if (record.original) {
      record.original_digest = payload_digest(hasher, record.salt, *record.original);
    }
    if (record.mapped) record.mapped_digest = payload_digest(hasher, record.salt, *record.mapped);
    record.original.reset();
    record.mapped.reset();
    record.salt = {};
  }
  ErasedExport erase(std::int64_t seq = kTheirs) {
    return erase_exported(journal_, path_, journal_.at(seq).interaction_id, std::array{seq});
  }
  bool is_anywhere(const std::string& text) const {
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      if (read_file(entry.path()).find(text) != std::string::npos) return true;
    }
    return false;
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  Journal journal_{20};
};

// Which of them were theirs nobody knows any more.
TEST_F(EraseTest, NamesWhatTheJournalHasDeletedAndIsNotHere) {
  export_all();
  const auto closed = list_segments(path_);
  ASSERT_GT(closed.size(), 2U);
  journal_.forgotten = kTheirs;
  const auto id = "call-" + std::to_string(kTheirs);
  EXPECT_EQ(erase_exported(journal_, path_, id, {}).unseen, std::vector<SeqRange>{});
  std::filesystem::remove(closed[0].path);
  const auto gone = erase_exported(journal_, path_, id, {});
  const auto last = std::min(closed[0].last_seq, kTheirs);
  EXPECT_EQ(gone.unseen, (std::vector<SeqRange>{{1, last}}));
}

TEST_F(EraseTest, SaysOnceThatItIsAboutToErase) {
  export_all();
  int told = 0;
  const auto tell = [&] {
    ++told;
    EXPECT_TRUE(is_anywhere(*journal_.at(kTheirs).original));
  };
  erase_exported(journal_, path_, "nobody", {}, tell);
  EXPECT_EQ(told, 0);
  for (int round = 0; round < 2; ++round) {
    erase_exported(journal_, path_, journal_.at(kTheirs).interaction_id, {}, tell);
    EXPECT_EQ(told, 1);
  }
}

TEST_F(EraseTest, WritesTheLineThatTheExportWouldWrite) {
  export_all();
  ASSERT_GT(list_segments(path_).size(), 2U);
  const auto before = all_lines(path_);
  const ErasedExport result = erase();
  EXPECT_EQ(result.rewritten.size(), 1U);
  EXPECT_TRUE(result.elsewhere.empty());
  erase_in_journal(kTheirs);
  std::string expected;
  LineWriter().append(expected, journal_.at(kTheirs), journal_.at(kTheirs - 1).hash);
  expected.pop_back();
  auto after = all_lines(path_);
  EXPECT_EQ(after[kTheirs - 1], expected);
  after[kTheirs - 1] = before[kTheirs - 1];
  EXPECT_EQ(after, before) << "the other lines are as they were";
  expect_trail(journal_, path_);
  struct stat info {};
  ASSERT_EQ(::stat(result.rewritten.front().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(EraseTest, PayloadsOfEveryForm) {
  const std::array<std::string, 4> originals = {"{\r\n \"canary\": 1}", "canary", "canary\xff",
                                                R"({"canary":12345678901234567890123})"};
  std::vector<std::int64_t> seqs;
  for (const auto& original : originals) {
    AuditRecord record = accepted(99);
    record.original = original;
    record.mapped.reset();
    journal_.add(record);
    seqs.push_back(journal_.size());
  }
  export_all();
  ASSERT_TRUE(is_anywhere("canary"));
  const auto done = erase_exported(journal_, path_, "call-99", seqs);
  EXPECT_FALSE(done.rewritten.empty());
  EXPECT_FALSE(is_anywhere("canary"));
  expect_trail(journal_, path_);
}

TEST_F(EraseTest, AnotherInteractionThatNamesThisOneKeepsItsPayload) {
  AuditRecord other = accepted(50);
  other.original = R"({"interactionId":"call-4"})";
  journal_.add(other);
  export_all();
  erase();
  EXPECT_EQ(journal_.at(journal_.size()).original, other.original);
  EXPECT_NE(all_lines(path_).back().find(*other.original), std::string::npos);
}

TEST_F(EraseTest, ASecondCallChangesNothing) {
  export_all();
  EXPECT_EQ(erase().rewritten.size(), 1U);
  EXPECT_TRUE(erase().rewritten.empty());
}

TEST_F(EraseTest, TheOpenSegmentToo) {
  export_audit(journal_, {path_});
  EXPECT_EQ(erase().rewritten, std::vector<std::string>{path_});
  journal_.add(3);
  export_audit(journal_, {path_});  // goes on
  expect_trail(journal_, path_);
}

TEST_F(EraseTest, WhatAKilledExporterLeftOfALineGoesToo) {
  export_audit(journal_, {path_});
  write_file(path_, read_file(path_) + all_lines(path_)[kTheirs - 1].substr(0, 200));
  erase();
  EXPECT_FALSE(is_anywhere(R"("n":4})"));
  expect_trail(journal_, path_);
}

TEST_F(EraseTest, WhatAKilledErasureLeftIsRemoved) {
  export_all();
  write_file(path_ + ".erasing", "half of a segment");
  erase(5);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".erasing"));
  write_file(path_ + ".erasing", "half of a segment");
  erase(5);  // nothing to do
  EXPECT_FALSE(std::filesystem::exists(path_ + ".erasing"));
}

TEST_F(EraseTest, CompressedSegmentsToo) {
  export_audit(journal_, {.path = path_, .max_segment_bytes = 1500, .compress = true});
  const auto before = all_lines(path_);
  const auto result = erase();
  ASSERT_EQ(result.rewritten.size(), 1U);
  EXPECT_TRUE(is_compressed(result.rewritten.front()));
  auto after = all_lines(path_);
  EXPECT_EQ(after[kTheirs - 1].find(R"("n":4})"), std::string::npos);
  after[kTheirs - 1] = before[kTheirs - 1];
  EXPECT_EQ(after, before);
  expect_trail(journal_, path_);
  EXPECT_TRUE(erase().rewritten.empty());
}

TEST_F(EraseTest, BothFilesOfASegmentThatIsThereTwice) {
  export_all();
  const auto segments = list_segments(path_);
  const auto theirs = std::ranges::find_if(
      segments, [](const Segment& s) { return s.first_seq <= kTheirs && kTheirs <= s.last_seq; });
  const std::string copy = theirs->path + ".gz";
  write_file(copy, audit_test::packed(read_file(theirs->path)));
  write_file(path_ + ".compressing", "half of a copy");
  EXPECT_EQ(erase().rewritten, (std::vector<std::string>{theirs->path, copy}));
  EXPECT_EQ(audit_test::unpacked(copy), read_file(theirs->path));
  EXPECT_EQ(read_file(theirs->path).find(R"("n":4})"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".compressing"));
}

TEST_F(EraseTest, ADamagedCompressedSegmentStopsItAndStays) {
  export_audit(journal_, {.path = path_, .max_segment_bytes = 1500, .compress = true});
  const std::string file = list_segments(path_).front().path;
  const std::string cut = read_file(file).substr(0, 100);
  write_file(file, cut);
  EXPECT_THROW(erase(1), AuditError);
  EXPECT_EQ(read_file(file), cut);
}

TEST_F(EraseTest, SaysWhatItCannotReach) {
  export_all();
  const auto segments = list_segments(path_);
  ASSERT_GT(segments.size(), 3U);
  std::filesystem::remove(segments[1].path);
  const std::array events = {segments[0].last_seq, segments[1].first_seq, segments[2].first_seq};
  const auto result = erase_exported(journal_, path_, "call-7", events);
  EXPECT_EQ(result.elsewhere, std::vector<std::int64_t>{segments[1].first_seq});
}

TEST_F(EraseTest, WithoutAnExportThereIsNothingToDo) {
  const auto result = erase();
  EXPECT_TRUE(result.rewritten.empty() && result.elsewhere.empty());
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(EraseTest, ALineThatCannotBeReadStopsItAndTheFileStays) {
  export_all();
  const auto segment = list_segments(path_).front().path;
  auto text = read_file(segment);
  text.replace(text.find("\"processingStatus\":\"accepted\""), 29,
               "\"processingStatus\":\"accepteD\"");
  write_file(segment, text);
  EXPECT_THROW(erase(1), AuditError);
  EXPECT_EQ(read_file(segment), text);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".erasing"));
}

TEST_F(EraseTest, WaitsForAnExporterAtWorkAndTakesWhatItWrote) {
  export_audit(journal_, {path_});
  AuditRecord late = accepted(kTheirs);
  late.original = R"({"canary":1})";
  journal_.add(late);
  std::string line;
  LineWriter().append(line, journal_.at(21), journal_.at(20).hash);
  std::optional<FileLock> exporter = FileLock::try_take(path_ + ".lock");
  std::thread eraser([&] { erase(21); });
  write_file(path_, read_file(path_) + line);
  exporter.reset();
  eraser.join();
  EXPECT_FALSE(is_anywhere("canary"));
  export_audit(journal_, {path_});
  expect_trail(journal_, path_);
}

}  // namespace
}  // namespace cxrelay
