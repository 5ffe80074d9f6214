#include <fcntl.h>
#include <gtest/gtest.h>

#include "audit/line_stream.hpp"
#include "cxrelay/errors.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

using audit_test::TempDir;
using audit_test::write_file;
using Step = LineStream::Step;

class LineStreamTest : public ::testing::Test {
 protected:
  LineStream open(std::string_view bytes) {
    write_file(path_, bytes);
    fd_ = *open_for_reading(path_);
    return {fd_.get(), path_, size_of(fd_.get(), path_)};
  }

  TempDir dir_;
  std::string path_ = dir_ / "lines";
  Fd fd_;
};

TEST_F(LineStreamTest, GivesLinesWithNumbersAndPlaces) {
  auto stream = open("one\n\nthree\nrest");
  EXPECT_EQ(stream.next(), Step::line);
  EXPECT_EQ(stream.text(), "one");
  EXPECT_EQ(stream.next(), Step::line);
  EXPECT_EQ(stream.text(), "");
  EXPECT_EQ(stream.next(), Step::line);
  EXPECT_EQ(stream.begin(), 5U);
  EXPECT_EQ(stream.number(), 3);
  EXPECT_EQ(stream.next(), Step::cut);
  EXPECT_EQ(stream.text(), "rest");
  EXPECT_EQ(stream.begin(), 11U);
  EXPECT_EQ(stream.next(), Step::end);
}

TEST_F(LineStreamTest, EmptyFile) {
  auto stream = open("");
  EXPECT_EQ(stream.next(), Step::end);
}

TEST_F(LineStreamTest, LinesAcrossBuffersOfAnySize) {
  std::string bytes;
  std::vector<std::size_t> sizes;
  for (std::size_t size = 1; size < 3'000'000; size = size * 2 + 3) sizes.push_back(size);
  for (const std::size_t size : sizes) bytes.append(size, 'x').append("\n");
  auto stream = open(bytes);
  std::size_t begin = 0;
  for (const std::size_t size : sizes) {
    ASSERT_EQ(stream.next(), Step::line);
    EXPECT_EQ(stream.text().size(), size);
    EXPECT_EQ(stream.begin(), begin);
    begin += size + 1;
  }
  EXPECT_EQ(stream.next(), Step::end);
}

TEST_F(LineStreamTest, AnEndlessLineTakesBoundedMemory) {
  write_file(path_, "");
  std::filesystem::resize_file(path_, 400'000'000);  // sparse
  fd_ = *open_for_reading(path_);
  LineStream stream(fd_.get(), path_, size_of(fd_.get(), path_));
  EXPECT_EQ(stream.next(), Step::too_long);
  EXPECT_LT(stream.text().size(), 200'000'000U);
}

TEST_F(LineStreamTest, OnlyRegularFilesAreOpened) {
  EXPECT_FALSE(open_for_reading(dir_ / "missing"));
  write_file(path_, "x");
  std::filesystem::create_symlink(path_, dir_ / "link");
  std::filesystem::create_symlink(dir_ / "nowhere", dir_ / "dangling");
  EXPECT_THROW(open_for_reading(dir_ / "link"), AuditError);
  EXPECT_THROW(open_for_reading(dir_ / "dangling"), AuditError);
  EXPECT_THROW(open_for_reading(dir_.path().string()), AuditError);
}

}  // namespace
}  // namespace cxrelay
