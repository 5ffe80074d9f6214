#include <gtest/gtest.h>

#include <filesystem>

#include "audit/segments.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

using audit_test::expect_trail;
using audit_test::Journal;
using audit_test::TempDir;

class NoteClosedTest : public ::testing::Test {
 protected:
  ExportResult run(std::size_t max_segment_bytes = 3000, std::size_t batch = 1000) {
    return export_audit(journal_, {path_, max_segment_bytes, batch});
  }
  void expect_each_noted_once() {
    const auto segments = list_segments(path_);
    ASSERT_EQ(journal_.notes.size(), segments.size());
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const ClosedSegment& note = journal_.notes[i];
      EXPECT_EQ(note.first_seq, segments[i].first_seq);
      EXPECT_EQ(note.last_seq, segments[i].last_seq);
      EXPECT_EQ(note.hash, journal_.at(note.last_seq).hash);
      EXPECT_EQ(note.file, std::filesystem::path(plain_path(segments[i].path)).filename());
    }
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  Journal journal_{30};
};

TEST_F(NoteClosedTest, EveryClosedSegmentOnce) {
  run();
  ASSERT_GT(journal_.notes.size(), 3U);
  expect_each_noted_once();
  run();
  journal_.add(30);
  run();
  expect_each_noted_once();
}

TEST_F(NoteClosedTest, OnlyWhatIsClosedForGood) {
  journal_.before_note = [&] {
    const auto closed = list_segments(path_);
    ASSERT_EQ(closed.size(), journal_.notes.size() + 1);
    EXPECT_EQ(journal_.exported(), closed.back().last_seq) << "its records are on disk";
  };
  run();
}

TEST_F(NoteClosedTest, WhatCouldNotBeNotedIsNotedByTheNextExport) {
  int left = 0;
  journal_.before_note = [&] {
    if (left++ == 2) throw StoreError(StoreErrorKind::full, "no room");
  };
  EXPECT_THROW(run(), StoreError);
  ASSERT_EQ(list_segments(path_).size(), journal_.notes.size() + 1);
  run();
  expect_each_noted_once();
  expect_trail(journal_, path_);
}

TEST_F(NoteClosedTest, SegmentsOfEarlierVersionsAreNotedToo) {
  run();
  journal_.notes.clear();
  run();
  expect_each_noted_once();
}

TEST_F(NoteClosedTest, TheHashComesFromTheFileWhereTheJournalHasLetGo) {
  export_audit(journal_, {.path = path_, .max_segment_bytes = 3000, .compress = true});
  journal_.notes.clear();
  journal_.forgotten = 25;
  run();
  expect_each_noted_once();
}

// However small the segments are: a record about a closed one closes none.
TEST_F(NoteClosedTest, TheRecordsAboutSegmentsComeToAnEnd) {
  journal_.writes_notes = true;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{600}}) {
    journal_.add(10);
    run(size, 3);
    expect_trail(journal_, path_);
    expect_each_noted_once();
    EXPECT_EQ(run(size).records, 0);
  }
  EXPECT_LT(journal_.size(), 2 * 60);
}

}  // namespace
}  // namespace cxrelay
