#include <gtest/gtest.h>

#include "audit/segment_file.hpp"
#include "audit/segments.hpp"
#include "cxrelay/errors.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

using audit_test::packed;
using audit_test::TempDir;
using audit_test::write_file;

std::vector<std::string> lines_in(const SegmentFile& file) {
  std::vector<std::string> lines;
  LineStream stream = file.lines();
  while (stream.next() == LineStream::Step::line) lines.emplace_back(stream.text());
  return lines;
}

class SegmentFileTest : public ::testing::Test {
 protected:
  TempDir dir_;
  std::string plain_ = segment_path(dir_ / "a.log", 1, 3);
  std::string gz_ = compressed_path(plain_);
  const std::string text_ = "one\ntwo\n" + std::string(40'000, 'x') + "\n";
};

TEST_F(SegmentFileTest, ReadsBothKindsAlike) {
  write_file(plain_, text_);
  write_file(gz_, packed(text_));
  for (const std::string& path : {plain_, gz_}) {
    const auto file = SegmentFile::open(path);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->path(), path);
    EXPECT_TRUE(file->is_whole());
    EXPECT_EQ(lines_in(*file), audit_test::lines_of(text_));
    EXPECT_EQ(lines_in(*file).size(), 3U) << "from the beginning each time";
    EXPECT_EQ(file->last_line(), std::string(40'000, 'x'));
  }
}

// An exporter removes the plain file after a verifier has listed it.
TEST_F(SegmentFileTest, OfOneThatWasCompressedSinceTheCompressedFile) {
  write_file(gz_, packed(text_));
  const auto file = SegmentFile::open(plain_);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->path(), gz_);
  EXPECT_FALSE(SegmentFile::open(segment_path(dir_ / "a.log", 4, 5)));
}

TEST_F(SegmentFileTest, DamageShowsInTheQuestionAndInReading) {
  write_file(gz_, packed(text_).substr(0, 40));
  const auto file = SegmentFile::open(gz_);
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->is_whole());
  EXPECT_THROW(lines_in(*file), AuditError);
  EXPECT_THROW(file->last_line(), AuditError);
}

TEST_F(SegmentFileTest, ThePlainFileIsListed) {
  write_file(plain_, text_);
  write_file(gz_, packed(text_));
  const std::string other = compressed_path(segment_path(dir_ / "a.log", 4, 5));
  write_file(other, packed("x\n"));
  write_file(other + ".gz", "no segment");
  const auto listed = list_segments(dir_ / "a.log");
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].path, plain_);
  EXPECT_EQ(listed[1].path, other);
  EXPECT_EQ(list_segment_files(dir_ / "a.log").size(), 3U);
}

}  // namespace
}  // namespace cxrelay
