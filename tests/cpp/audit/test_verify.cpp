// What verify reports, and where. test_tamper.cpp tries every byte.
#include <gtest/gtest.h>

#include <filesystem>

#include "audit/segments.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

namespace fs = std::filesystem;
using audit_test::Journal;
using audit_test::TempDir;

class VerifyTest : public ::testing::Test {
 protected:
  void export_all(std::int64_t records, std::size_t max_segment_bytes = 10'000'000) {
    journal_.add(records);
    export_audit(journal_, {.path = path_, .max_segment_bytes = max_segment_bytes});
  }

  void expect_problem(std::string_view words, std::string_view file, std::int64_t line) {
    const VerifyResult result = verify_audit(path_);
    EXPECT_FALSE(result.ok);
    EXPECT_NE(result.problem.find(words), std::string::npos) << result.problem;
    EXPECT_EQ(result.file, file);
    EXPECT_EQ(result.line, line);
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  Journal journal_;
};

TEST_F(VerifyTest, NoTrailIsAnError) { EXPECT_THROW(verify_audit(path_), AuditError); }

TEST_F(VerifyTest, AnEmptyTrailIsWhole) {
  export_all(0);
  const VerifyResult result = verify_audit(path_);
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.records, 0);
  EXPECT_EQ(result.last_hash, "");
}

TEST_F(VerifyTest, AWholeTrailInOneFileOrMany) {
  export_all(40, 3000);
  EXPECT_GT(list_segments(path_).size(), 5U);
  audit_test::expect_trail(journal_, path_);
  fs::remove(path_ + ".lock");  // a copy without the lock file
  audit_test::expect_trail(journal_, path_);
}

TEST_F(VerifyTest, AMissingSegmentIsNamedByWhatFollows) {
  export_all(40, 3000);
  const auto segments = list_segments(path_);
  fs::remove(segments[1].path);
  expect_problem("segment missing before seq", segments[2].path, 0);
  EXPECT_EQ(verify_audit(path_).last_seq, segments[0].last_seq);
  fs::remove(segments[0].path);
  expect_problem("segment missing before seq", segments[2].path, 0);
}

TEST_F(VerifyTest, TheLastClosedSegmentIsMissing) {
  export_all(40, 3000);
  fs::remove(list_segments(path_).back().path);
  expect_problem("are missing", path_, 1);
}

TEST_F(VerifyTest, AMissingOpenSegmentIsACutAtALineEnd) {
  export_all(40, 3000);
  fs::remove(path_);  // nothing in the files can tell: a checkpoint kept elsewhere does
  const VerifyResult result = verify_audit(path_);
  EXPECT_TRUE(result.ok) << result.problem;
  EXPECT_LT(result.last_seq, journal_.size());
}

TEST_F(VerifyTest, NamesMustFitTheContent) {
  export_all(40, 3000);
  const auto first = list_segments(path_).front();
  const std::string wrong = segment_path(path_, 1, first.last_seq + 1);
  fs::rename(first.path, wrong);
  expect_problem("not what its name says", wrong, first.last_seq);
}

TEST_F(VerifyTest, ACopyOfASegmentOverlaps) {
  export_all(40, 3000);
  const auto first = list_segments(path_).front();
  const std::string copy = segment_path(path_, 1, first.last_seq - 1);
  fs::copy_file(first.path, copy);
  expect_problem("not what its name says", copy, first.last_seq);
  fs::resize_file(copy, 0);
  expect_problem("not what its name says", copy, 0);
}

TEST_F(VerifyTest, AClosedSegmentMayNotEndInTheMiddleOfALine) {
  export_all(40, 3000);
  const auto first = list_segments(path_).front();
  fs::resize_file(first.path, fs::file_size(first.path) - 1);
  expect_problem("the last line is cut", first.path, first.last_seq);
}

TEST_F(VerifyTest, TheTutorialsLogIsNotATrail) {
  audit_test::write_file(path_,
                         R"({"timestamp": "2024-05-15T10:30:00+00:00", "interactionId": "a"})"
                         "\n");
  expect_problem("member", path_, 1);
}

TEST_F(VerifyTest, SymbolicLinksAreNotFollowed) {
  export_all(3);
  fs::create_symlink(path_, dir_ / "link.log");
  EXPECT_THROW(verify_audit(dir_ / "link.log"), AuditError);
}

TEST_F(VerifyTest, AnErasedPayloadInAnExportedFileStillVerifies) {
  export_all(1);
  Sha256 hasher;
  AuditRecord record = journal_.at(1);
  record.original_digest = payload_digest(hasher, record.salt, *record.original);
  record.mapped_digest = payload_digest(hasher, record.salt, *record.mapped);
  record.original.reset();
  record.mapped.reset();
  Journal erased;
  erased.add(record);
  EXPECT_EQ(erased.at(1).hash, journal_.at(1).hash);
  fs::remove(path_);
  export_audit(erased, {.path = path_});
  EXPECT_TRUE(verify_audit(path_).ok);
  EXPECT_EQ(audit_test::read_file(path_).find("Premium"), std::string::npos);
}

}  // namespace
}  // namespace cxrelay
