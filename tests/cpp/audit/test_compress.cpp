#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "audit/segments.hpp"
#include "cxrelay/checkpoint.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

namespace fs = std::filesystem;
using audit_test::expect_trail;
using audit_test::Journal;
using audit_test::packed;
using audit_test::read_file;
using audit_test::TempDir;
using audit_test::unpacked;
using audit_test::write_file;

constexpr std::size_t kSegmentBytes = 3000;

class CompressTest : public ::testing::Test {
 protected:
  ExportResult run(bool compress = true) {
    return export_audit(journal_,
                        {.path = path_, .max_segment_bytes = kSegmentBytes, .compress = compress});
  }
  // As gzip does it by hand.
  void compress_by_hand(const Segment& segment) {
    write_file(segment.path + ".gz", packed(read_file(segment.path)));
    fs::remove(segment.path);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Segment& segment : list_segment_files(path_)) {
      names.push_back(fs::path(segment.path).filename().string());
    }
    return names;
  }
  void expect_broken(const std::string& file, const std::string& problem) {
    const VerifyResult found = verify_audit(path_);
    EXPECT_FALSE(found.ok);
    EXPECT_EQ(found.problem, problem);
    EXPECT_EQ(found.file, file);
    EXPECT_EQ(found.line, 0);
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  Journal journal_{30};
};

TEST_F(CompressTest, ClosedSegmentsHoldWhatTheyHeld) {
  Journal same{30};
  const std::string plain = dir_ / "plain.log";
  export_audit(same, {.path = plain, .max_segment_bytes = kSegmentBytes});
  const ExportResult result = run();
  expect_trail(journal_, path_);
  const auto segments = list_segments(path_);
  const auto plain_segments = list_segments(plain);
  ASSERT_GT(segments.size(), 3U);
  ASSERT_EQ(segments.size(), plain_segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    EXPECT_TRUE(is_compressed(segments[i].path));
    EXPECT_EQ(result.closed_segments[i], segments[i].path);
    EXPECT_EQ(unpacked(segments[i].path), read_file(plain_segments[i].path));
    struct stat info {};
    ASSERT_EQ(::stat(segments[i].path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
  }
  EXPECT_EQ(names().size(), segments.size()) << "no plain one is left";
  EXPECT_FALSE(fs::exists(path_ + ".compressing"));
}

TEST_F(CompressTest, WithoutTheSettingNothingIsCompressed) {
  run(false);
  for (const Segment& segment : list_segments(path_)) EXPECT_FALSE(is_compressed(segment.path));
}

TEST_F(CompressTest, TheNextExportCompressesWhatWasLeftPlain) {
  run(false);
  run(true);
  for (const Segment& segment : list_segments(path_)) EXPECT_TRUE(is_compressed(segment.path));
  expect_trail(journal_, path_);
}

TEST_F(CompressTest, WhatAKilledExporterLeftIsFinished) {
  run(false);
  const auto segments = list_segments(path_);
  ASSERT_GT(segments.size(), 2U);
  write_file(segments[0].path + ".gz", "it cannot be trusted: the plain one counts");
  write_file(path_ + ".compressing", "half of one");
  expect_trail(journal_, path_);
  run();
  expect_trail(journal_, path_);
  EXPECT_EQ(names().size(), segments.size());
  EXPECT_FALSE(fs::exists(path_ + ".compressing"));
}

TEST_F(CompressTest, AnExportGoesOnBehindCompressedSegments) {
  for (int i = 0; i < 20; ++i) {
    journal_.add(3);
    run(i % 2 == 0);
    if (i % 3 == 0) {
      for (const Segment& segment : list_segments(path_)) {
        if (!is_compressed(segment.path)) compress_by_hand(segment);
      }
    }
  }
  expect_trail(journal_, path_);
}

// Killed between closing a segment and opening the next: the end of the trail is in a compressed file.
TEST_F(CompressTest, TheEndOfTheTrailMayBeCompressed) {
  export_audit(journal_, {.path = path_});
  const std::string closed = segment_path(path_, 1, 30);
  write_file(closed + ".gz", packed(read_file(path_)));
  fs::remove(path_);
  journal_.add(2);
  EXPECT_EQ(run().records, 2);
  expect_trail(journal_, path_);
}

TEST_F(CompressTest, MembersThatFollowEachOtherAreOneSegment) {
  run(false);
  const auto segment = list_segments(path_).front();
  const std::string bytes = read_file(segment.path);
  write_file(segment.path + ".gz", packed(bytes.substr(0, 700)) + packed(bytes.substr(700)));
  fs::remove(segment.path);
  expect_trail(journal_, path_);
}

TEST_F(CompressTest, DamageIsToldAsSuch) {
  run();
  const std::string file = list_segments(path_)[1].path;
  const std::string good = read_file(file);
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  std::string wrong_sum = good;
  wrong_sum[good.size() - 6] = static_cast<char>(wrong_sum[good.size() - 6] ^ 1);
  for (const std::string& bad :
       {flipped, wrong_sum, good.substr(0, good.size() - 1), good.substr(0, 5), std::string(),
        good + "x", good + std::string(1, '\0'), std::string("text")}) {
    write_file(file, bad);
    expect_broken(file, "not a whole gzip file");
  }
  write_file(file, good);
  expect_trail(journal_, path_);
}

TEST_F(CompressTest, AChangedRecordInsideIsFound) {
  run();
  const std::string file = list_segments(path_)[1].path;
  std::string bytes = unpacked(file);
  const auto at = bytes.find("Premium");
  bytes[at] = 'p';
  write_file(file, packed(bytes));
  const VerifyResult found = verify_audit(path_);
  EXPECT_FALSE(found.ok);
  EXPECT_EQ(found.file, file);
  EXPECT_EQ(found.line, 1 + std::count(bytes.begin(), bytes.begin() + std::ptrdiff_t(at), '\n'));
  EXPECT_NE(found.problem.find("was changed"), std::string::npos) << found.problem;
}

TEST_F(CompressTest, ASegmentThatCannotBeCompressedKeepsNoRecordBack) {
  const ExportResult first = run(false);
  const std::string taken = first.closed_segments.front() + ".gz";
  fs::create_directory(taken);
  journal_.add(20);
  try {
    run();
    FAIL() << "nothing was said";
  } catch (const AuditError& error) {
    EXPECT_NE(std::string(error.what()).find("the records are exported, but"), std::string::npos);
  }
  EXPECT_EQ(verify_audit(path_).records, 50);
  EXPECT_FALSE(fs::exists(path_ + ".compressing"));
  fs::remove(taken);
  run();
  expect_trail(journal_, path_);
}

TEST_F(CompressTest, TheFirstRecordOfATrailIsFoundInACompressedSegment) {
  run();
  journal_.forgotten = 20;  // the journal does not have record 1 any more
  const std::string key = dir_ / "key.pem";
  generate_checkpoint_key(key);
  ExportOptions options{.path = path_, .max_segment_bytes = kSegmentBytes};
  options.checkpoint.key_path = key;
  export_audit(journal_, options);
  EXPECT_TRUE(verify_audit(path_, {path_ + ".checkpoints", {key + ".pub"}}).ok);
}

}  // namespace
}  // namespace cxrelay
