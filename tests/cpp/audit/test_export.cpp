#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "audit/segments.hpp"
#include "base/file.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

namespace fs = std::filesystem;
using audit_test::accepted;
using audit_test::expect_trail;
using audit_test::Journal;
using audit_test::read_file;
using audit_test::TempDir;

class ExportTest : public ::testing::Test {
 protected:
  ExportResult run(std::size_t max_segment_bytes = 10'000'000, std::size_t batch = 1000) {
    return export_audit(journal_, {path_, max_segment_bytes, batch});
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  Journal journal_;
};

TEST_F(ExportTest, WritesWhatIsNewAndOnlyThat) {
  journal_.add(5);
  ExportResult result = run();
  EXPECT_EQ(result.records, 5);
  EXPECT_EQ(result.last_seq, 5);
  EXPECT_TRUE(result.closed_segments.empty());
  EXPECT_EQ(run().records, 0);
  journal_.add(2);
  result = run();
  EXPECT_EQ(result.records, 2);
  EXPECT_EQ(result.last_seq, 7);
  expect_trail(journal_, path_);
}

TEST_F(ExportTest, AnEmptyJournalMakesAnEmptyTrail) {
  const ExportResult result = run();
  EXPECT_EQ(result.records, 0);
  EXPECT_EQ(result.last_seq, 0);
  EXPECT_TRUE(journal_.marks.empty());
  EXPECT_EQ(read_file(path_), "");
}

TEST_F(ExportTest, MarksAfterEachBatch) {
  journal_.add(10);
  journal_.before_mark = [&](std::int64_t seq) {  // what is marked is in the file
    EXPECT_EQ(static_cast<std::int64_t>(audit_test::all_lines(path_).size()), seq);
  };
  run(10'000'000, 4);
  EXPECT_EQ(journal_.marks, (std::vector<std::int64_t>{4, 8, 10}));
}

TEST_F(ExportTest, ABatchOfZeroIsABatchOfOne) {
  journal_.add(3);
  run(10'000'000, 0);
  expect_trail(journal_, path_);
}

TEST_F(ExportTest, FilesArePrivate) {
  journal_.add(20);
  const mode_t before = ::umask(0);
  run(2000);
  ::umask(before);
  for (const auto& entry : fs::directory_iterator(dir_.path())) {
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
        << entry.path();
  }
}

class RotationTest : public ExportTest, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(RotationTest, ClosesAtTheFirstRecordThatPassesTheSize) {
  journal_.add(30);
  const ExportResult result = run(GetParam(), 7);
  expect_trail(journal_, path_);
  const auto segments = list_segments(path_);
  ASSERT_EQ(result.closed_segments.size(), segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    EXPECT_EQ(result.closed_segments[i], segments[i].path);
    const std::string bytes = read_file(segments[i].path);
    EXPECT_GE(bytes.size(), GetParam());
    EXPECT_LT(bytes.size() - audit_test::lines_of(bytes).back().size() - 1,
              std::max<std::size_t>(1, GetParam()));
  }
  EXPECT_FALSE(read_file(path_).empty());
}

TEST_P(RotationTest, IsTheSameInOneCallOrMany) {
  Journal other;
  for (int i = 0; i < 30; ++i) {
    journal_.add(1);
    run(GetParam());
    other.add(1);
  }
  export_audit(other, {.path = dir_ / "other.log", .max_segment_bytes = GetParam()});
  expect_trail(journal_, path_);
  const auto segments = list_segments(path_);
  const auto others = list_segments(dir_ / "other.log");
  ASSERT_EQ(segments.size(), others.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    EXPECT_EQ(read_file(segments[i].path), read_file(others[i].path));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, RotationTest, ::testing::Values(0, 1, 500, 1500, 4000, 1'000'000));

TEST_F(ExportTest, RotationNeverReplacesAFile) {
  journal_.add(9);
  run(10'000'000);
  const std::string taken = segment_path(path_, 1, 9);
  fs::create_symlink(dir_ / "nowhere", taken);
  journal_.add(1);
  EXPECT_THROW(run(1), AuditError);
  fs::remove(taken);
  run(1);
  expect_trail(journal_, path_);
}

TEST_F(ExportTest, OddPayloadsGoThrough) {
  for (const char* original : {"{\r\n \"a\": 1\r\n}", "{\"a\":\"\u2028\u2029\u0085\"}",
                               "{\"n\":123456789012345678901234567890}", "not JSON", "\xff\xfe", "",
                               "null", "1,\"seq\":9"}) {
    AuditRecord record = accepted(journal_.size() + 1);
    record.original = original;
    journal_.add(record);
  }
  run(1000);
  expect_trail(journal_, path_);
}

TEST_F(ExportTest, ARecordThatCannotBeWrittenStopsTheExportBeforeIt) {
  journal_.add(2);
  AuditRecord bad = accepted(3);
  bad.interaction_id = "\xff";
  journal_.add(bad);
  EXPECT_THROW(run(10'000'000, 2), AuditError);
  EXPECT_EQ(journal_.exported(), 2);
  EXPECT_TRUE(verify_audit(path_).ok);
}

TEST_F(ExportTest, AGapInTheJournalIsRefused) {
  journal_.add(5);
  journal_.forgotten = 2;
  EXPECT_THROW(run(), AuditError);
  EXPECT_EQ(journal_.exported(), 0);
}

TEST_F(ExportTest, SymbolicLinksAreRefused) {
  journal_.add(1);
  audit_test::write_file(dir_ / "victim", "precious");
  fs::create_symlink(dir_ / "victim", path_);
  EXPECT_THROW(run(), StoreError);
  fs::remove(path_);
  fs::remove(path_ + ".lock");
  fs::create_symlink(dir_ / "victim", path_ + ".lock");
  EXPECT_THROW(run(), StoreError);
  EXPECT_EQ(read_file(dir_ / "victim"), "precious");
}

TEST_F(ExportTest, APipeIsRefusedInsteadOfWaitedFor) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THROW(run(), StoreError);
  EXPECT_THROW(verify_audit(path_), AuditError);
}

TEST_F(ExportTest, OneExporterAtATime) {
  journal_.add(1);
  {
    const FileLock lock = FileLock::wait(path_ + ".lock");
    EXPECT_THROW(run(), AuditError);
  }
  EXPECT_EQ(run().records, 1);
}

TEST_F(ExportTest, TwoExportersAtOnceWriteEveryRecordOnce) {
  journal_.add(300);
  int inner = 0;
  journal_.before_read = [&](std::int64_t) {  // the second comes while the first is at work
    Journal same;
    EXPECT_THROW(export_audit(same, {.path = path_}), AuditError);
    ++inner;
  };
  run(20'000, 10);
  EXPECT_GT(inner, 10);
  journal_.before_read = nullptr;
  expect_trail(journal_, path_);
}

TEST_F(ExportTest, VerifyWaitsForAnExporterAtWork) {
  journal_.add(200);
  std::thread verifier;
  VerifyResult seen;
  journal_.before_read = [&](std::int64_t after) {
    if (after > 0 && !verifier.joinable()) {
      verifier = std::thread([&] { seen = verify_audit(path_); });
    }
  };
  run(10'000, 10);
  verifier.join();
  EXPECT_TRUE(seen.ok) << seen.problem;
  EXPECT_EQ(seen.records, 200);
}

// A process of its own, because the limit is the process's.
TEST_F(ExportTest, NoRoomLeftThenRoomAgain) {
  journal_.add(100);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{9'000, 9'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      run(10'000'000, 10);
    } catch (const StoreError& error) {
      ::_exit(error.kind() == StoreErrorKind::full ? 0 : 1);
    }
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(verify_audit(path_).ok);  // the part of a line was taken back
  EXPECT_GT(verify_audit(path_).records, 0);
  run();
  expect_trail(journal_, path_);
}

}  // namespace
}  // namespace cxrelay
