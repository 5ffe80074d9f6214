// An exporter that is killed anywhere goes on without a gap or a repeat; files that are not a
// beginning of the journal are refused and left alone.
#include <gtest/gtest.h>

#include <filesystem>

#include "audit/segments.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

namespace fs = std::filesystem;
using audit_test::accepted;
using audit_test::expect_trail;
using audit_test::Journal;
using audit_test::read_file;
using audit_test::TempDir;
using audit_test::write_file;

struct Killed {};

class ResumeTest : public ::testing::Test {
 protected:
  ExportResult run(std::size_t max_segment_bytes = 10'000'000, std::size_t batch = 1000) {
    return export_audit(journal_, {path_, max_segment_bytes, batch});
  }

  void export_records(std::int64_t count) {
    journal_.add(count);
    run();
  }

  // Refused, and the file is as it was.
  void expect_refused(std::string_view words) {
    const std::string before = read_file(path_);
    try {
      run();
      ADD_FAILURE() << "not refused";
    } catch (const AuditError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(words), std::string::npos) << message;
      EXPECT_NE(message.find("audit"), std::string::npos) << "names no file: " << message;
    }
    EXPECT_EQ(read_file(path_), before);
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  Journal journal_;
};

TEST_F(ResumeTest, KilledBeforeAnyMark) {
  for (int batch = 1; batch <= 6; ++batch) {
    for (int survive = 0; survive <= 6; ++survive) {
      const TempDir dir;
      path_ = dir / "audit.log";
      journal_ = Journal(12);
      int marks = 0;
      journal_.before_mark = [&](std::int64_t) {
        if (marks++ == survive) throw Killed{};
      };
      try {
        run(1000, static_cast<std::size_t>(batch));
      } catch (const Killed&) {
      }
      journal_.before_mark = nullptr;
      run(1000, static_cast<std::size_t>(batch));
      expect_trail(journal_, path_);
    }
  }
}

TEST_F(ResumeTest, KilledBeforeAnyRead) {
  for (int survive = 0; survive <= 12; ++survive) {
    const TempDir dir;
    path_ = dir / "audit.log";
    journal_ = Journal(12);
    int reads = 0;
    journal_.before_read = [&](std::int64_t) {
      if (reads++ == survive) throw Killed{};
    };
    try {
      run(1000, 2);
    } catch (const Killed&) {
    }
    journal_.before_read = nullptr;
    run(1000, 2);
    expect_trail(journal_, path_);
  }
}

// A batch of three more records was being written: any number of its bytes got into the file, and
// the mark is still where it was before.
TEST_F(ResumeTest, KilledAtEveryByteOfABatch) {
  export_records(4);
  const std::string before = read_file(path_);
  journal_.add(3);
  run();
  const std::string after = read_file(path_);
  for (std::size_t size = before.size(); size <= after.size(); ++size) {
    write_file(path_, after.substr(0, size));
    journal_.force_mark(4);
    run();
    ASSERT_EQ(read_file(path_), after) << size;
    ASSERT_EQ(journal_.exported(), 7);
  }
}

TEST_F(ResumeTest, KilledAtEveryByteOfTheFirstBatch) {
  export_records(2);
  const std::string after = read_file(path_);
  for (std::size_t size = 0; size <= after.size(); ++size) {
    write_file(path_, after.substr(0, size));
    journal_.force_mark(0);
    run();
    ASSERT_EQ(read_file(path_), after) << size;
  }
}

// After a power cut the file may have its length but not its bytes.
TEST_F(ResumeTest, BlocksThatWereNeverFilled) {
  export_records(4);
  const std::string before = read_file(path_);
  journal_.add(6);
  run();
  const std::string after = read_file(path_);
  for (std::size_t from = before.size(); from < after.size(); from += 97) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{50}, std::size_t{700}}) {
      std::string torn = after;
      const std::size_t count = std::min(size, torn.size() - from);
      torn.replace(from, count, count, '\0');
      write_file(path_, torn);
      journal_.force_mark(4);
      run();
      ASSERT_EQ(read_file(path_), after) << from << " " << size;
    }
  }
}

TEST_F(ResumeTest, WholeLinesAheadOfTheMarkAreKept) {
  export_records(6);
  const auto inode_time = fs::last_write_time(path_);
  journal_.force_mark(2);
  journal_.marks.clear();
  EXPECT_EQ(run().records, 0);
  EXPECT_EQ(journal_.marks, (std::vector<std::int64_t>{6}));
  EXPECT_EQ(fs::last_write_time(path_), inode_time);
  expect_trail(journal_, path_);
}

TEST_F(ResumeTest, RenamedButNoNewOpenSegment) {
  export_records(5);
  fs::rename(path_, segment_path(path_, 1, 5));
  journal_.add(3);
  EXPECT_EQ(run().records, 3);
  expect_trail(journal_, path_);
}

TEST_F(ResumeTest, RenamedAndANewEmptyOpenSegment) {
  export_records(5);
  fs::rename(path_, segment_path(path_, 1, 5));
  write_file(path_, "");
  EXPECT_EQ(run().records, 0);
  journal_.add(3);
  EXPECT_EQ(run().records, 3);
  expect_trail(journal_, path_);
}

TEST_F(ResumeTest, RenamedAndAPartOfTheFirstLine) {
  export_records(5);
  fs::rename(path_, segment_path(path_, 1, 5));
  write_file(path_, R"({"timestamp":"2024-05)");
  journal_.add(3);
  EXPECT_EQ(run().records, 3);
  expect_trail(journal_, path_);
}

TEST_F(ResumeTest, FullButNotRenamedYet) {
  export_records(5);
  journal_.add(1);
  EXPECT_EQ(run(1).closed_segments, (std::vector<std::string>{segment_path(path_, 1, 5)}));
  expect_trail(journal_, path_);
}

TEST_F(ResumeTest, ClosedSegmentsWereCarriedAway) {
  journal_.add(30);
  run(2000);
  for (const auto& segment : list_segments(path_)) fs::remove(segment.path);
  journal_.add(1);
  EXPECT_EQ(run().records, 1);
  EXPECT_EQ(verify_audit(path_).problem.find("seq 1 to"), 0U);
}

TEST_F(ResumeTest, TheOpenSegmentWasCutOrLost) {
  export_records(6);
  const std::string whole = read_file(path_);
  for (std::size_t size = 0; size < whole.size(); size += 61) {
    write_file(path_, whole.substr(0, size));
    run();
    ASSERT_EQ(read_file(path_), whole) << size;
  }
  fs::remove(path_);
  EXPECT_EQ(run().records, 6);
  EXPECT_EQ(read_file(path_), whole);
  EXPECT_EQ(journal_.marks.back(), 6);
  for (const std::int64_t mark : journal_.marks) EXPECT_EQ(mark, 6) << "the mark went back";
}

TEST_F(ResumeTest, LostRecordsThatTheJournalHasForgottenAreNotPassedOver) {
  export_records(6);
  const auto lines = audit_test::lines_of(read_file(path_));
  write_file(path_, lines[0] + "\n" + lines[1] + "\n");
  journal_.forgotten = 4;
  expect_refused("seq 3 to 6 were exported but are not in the files");
  journal_.add(2);
  expect_refused("seq 3 to 6 were exported but are not in the files");
}

TEST_F(ResumeTest, AJournalThatHasForgottenWhatIsExported) {
  export_records(6);
  journal_.forgotten = 6;
  EXPECT_EQ(run().records, 0);
  journal_.add(2);
  EXPECT_EQ(run().records, 2);
  journal_.forgotten = 0;
  expect_trail(journal_, path_);
}

TEST_F(ResumeTest, TheTrailOfAnotherJournal) {
  export_records(6);
  Journal other;
  AuditRecord first = accepted(1);
  first.interaction_id = "other";
  other.add(first);
  other.add(9);
  for (const std::int64_t mark : {0, 3, 6, 10}) {
    for (const std::int64_t forgotten : {0, 6}) {
      journal_ = other;
      journal_.force_mark(mark);
      journal_.forgotten = forgotten;
      expect_refused("seq");
    }
  }
}

TEST_F(ResumeTest, AJournalThatIsOlderThanItsTrail) {
  export_records(6);
  journal_ = Journal(4);  // restored from a backup
  journal_.force_mark(4);
  expect_refused("seq 5 is not in the journal");
}

TEST_F(ResumeTest, SomebodyElsesFileIsNotTouched) {
  journal_.add(2);
  for (const char* bytes :
       {"hello\n", "hello", "\n", "{}\n", "{\"timestamp\": \"2024-05-15T10:30:00+00:00\"}\n",
        "{\"timestamp\": \"2024-05-15T10:30:00+00:00\"}"}) {
    write_file(path_, bytes);
    expect_refused("line 1");
  }
}

TEST_F(ResumeTest, ForeignLinesBehindOursAreNotTouched) {
  export_records(4);
  const std::string ours = read_file(path_);
  for (const char* bytes : {"hello\n", "hello", "\n", "{\"timestamp\": \"2024\"}\n"}) {
    write_file(path_, ours + bytes);
    expect_refused("line 5");
  }
}

TEST_F(ResumeTest, AForgedTailIsRefused) {
  export_records(4);
  Journal other(4);
  AuditRecord forged = accepted(5);
  forged.mapped = R"({"Queue":"Forged"})";
  other.add(forged);
  export_audit(other, {.path = dir_ / "other.log"});
  write_file(path_, read_file(dir_ / "other.log"));
  expect_refused("seq 5 is not in the journal");
  journal_.add(1);
  expect_refused("seq 5 is not in the journal");
  journal_.force_mark(5);
  expect_refused("seq 5, is another one in the journal");
}

TEST_F(ResumeTest, ATamperedLineBeforeTheMarkIsRefused) {
  export_records(4);
  std::string bytes = read_file(path_);
  bytes.replace(bytes.find("Premium", bytes.find("\"seq\":1")), 7, "Altered");
  write_file(path_, bytes.substr(0, bytes.size() - 5));  // not the quick way
  expect_refused("line 2: seq 2 was changed");
}

TEST_F(ResumeTest, AnOpenSegmentThatOverlapsAClosedOne) {
  export_records(4);
  fs::copy_file(path_, segment_path(path_, 1, 4));
  expect_refused("holds already");
}

TEST_F(ResumeTest, AClosedSegmentWithAWrongEnd) {
  export_records(4);
  fs::rename(path_, segment_path(path_, 1, 5));
  expect_refused("does not end with the record that its name says");
}

TEST_F(ResumeTest, LongLinesAreFoundFromTheEnd) {
  AuditRecord record = accepted(1);
  record.original = "\"" + std::string(300'000, 'x') + "\"";
  journal_.add(record);
  run();
  journal_.add(record);
  run();
  journal_.add(1);
  EXPECT_EQ(run().records, 1);
  expect_trail(journal_, path_);
}

}  // namespace
}  // namespace cxrelay
