// When an export signs by itself.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "audit/checkpoint_line.hpp"
#include "audit/checkpointer.hpp"
#include "audit/segments.hpp"
#include "fake_clock.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

namespace fs = std::filesystem;
using audit_test::Journal;
using audit_test::TempDir;
using testing::FakeClock;

constexpr std::int64_t kMinuteUs = 60'000'000;

TEST(CheckpointDueTest, AfterRecordsOrMinutes) {
  const CheckpointOptions options{.records = 100, .minutes = 10};
  EXPECT_TRUE(is_checkpoint_due(std::nullopt, 0, 0, options));
  Checkpoint last;
  last.seq = 50;
  last.time_us = 1000 * kMinuteUs;
  const auto due = [&](std::int64_t seq, std::int64_t now_us) {
    return is_checkpoint_due(last, seq, now_us, options);
  };
  EXPECT_FALSE(due(50, last.time_us));
  EXPECT_FALSE(due(149, last.time_us + 10 * kMinuteUs - 1));
  EXPECT_TRUE(due(150, last.time_us));
  EXPECT_TRUE(due(50, last.time_us + 10 * kMinuteUs));
  EXPECT_TRUE(due(49, last.time_us));
  EXPECT_TRUE(due(50, last.time_us - 1));
}

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    generate_checkpoint_key(key_);
    options_.path = path_;
    options_.batch_records = 5;
    options_.checkpoint = {.key_path = key_, .records = 10, .minutes = 10, .clock = clock_};
  }

  void export_all(std::int64_t records) {
    journal_.add(records);
    export_audit(journal_, options_);
  }

  std::vector<std::int64_t> signed_seqs() const {
    std::vector<std::int64_t> seqs;
    json::Document scratch;
    for (const auto& line : audit_test::lines_of(audit_test::read_file(file_))) {
      const auto checkpoint = read_checkpoint(line, scratch);
      EXPECT_TRUE(checkpoint) << line;
      if (checkpoint) seqs.push_back(checkpoint->seq);
    }
    return seqs;
  }

  VerifyResult verify() const { return verify_audit(path_, {file_, {key_ + ".pub"}}); }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  std::string key_ = dir_ / "key.pem";
  std::string file_ = path_ + ".checkpoints";
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  Journal journal_;
  ExportOptions options_;
};

using Seqs = std::vector<std::int64_t>;

TEST_F(CheckpointerTest, WithoutAKeyThereIsNone) {
  options_.checkpoint = {};
  export_all(30);
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(CheckpointerTest, TheEmptyTrailHasOneToo) {
  export_all(0);
  EXPECT_EQ(signed_seqs(), Seqs{0});
  EXPECT_TRUE(verify().ok);
}

TEST_F(CheckpointerTest, EverySoManyRecordsFromExportToExport) {
  export_all(32);
  EXPECT_EQ(signed_seqs(), (Seqs{5, 15, 25}));
  export_all(2);
  EXPECT_EQ(signed_seqs(), (Seqs{5, 15, 25}));
  export_all(1);
  EXPECT_EQ(signed_seqs(), (Seqs{5, 15, 25, 35}));
  EXPECT_EQ(verify().checkpoints, 4);
}

TEST_F(CheckpointerTest, EverySoManyMinutesWithoutRecordsToo) {
  export_all(3);
  export_all(0);
  EXPECT_EQ(signed_seqs(), Seqs{3});
  clock_->advance_us(10 * kMinuteUs);
  export_all(0);
  EXPECT_EQ(signed_seqs(), (Seqs{3, 3}));
  clock_->advance_us(10 * kMinuteUs - 1);
  export_all(1);
  EXPECT_EQ(signed_seqs(), (Seqs{3, 3}));
  clock_->advance_us(1);
  export_all(0);
  EXPECT_EQ(signed_seqs(), (Seqs{3, 3, 4}));
}

TEST_F(CheckpointerTest, OnlyWhatIsOnDiskIsSigned) {
  // The mark follows the sync; at the time of each checkpoint its record is below the mark.
  journal_.before_mark = [this](std::int64_t seq) {
    if (seq == 15) throw StoreError(StoreErrorKind::io, "the disk is gone");
  };
  EXPECT_THROW(export_all(32), StoreError);
  EXPECT_EQ(signed_seqs(), Seqs{5});
  journal_.before_mark = nullptr;
  export_all(0);
  EXPECT_TRUE(verify().ok);
  EXPECT_EQ(verify().checkpoint_seq, 30);
}

TEST_F(CheckpointerTest, ADamagedMemoryMakesTheNextOneEarly) {
  export_all(3);
  for (const std::string& text :
       {std::string(), std::string("{\"checkpoint\":1,"), audit_test::read_file(path_)}) {
    audit_test::write_file(path_ + ".last-checkpoint", text);
    const auto before = signed_seqs().size();
    export_all(1);
    EXPECT_EQ(signed_seqs().size(), before + 1);
  }
  EXPECT_TRUE(verify().ok);
}

TEST_F(CheckpointerTest, AnotherKeyBeginsAtOnce) {
  export_all(3);
  const std::string second = dir_ / "second.pem";
  generate_checkpoint_key(second);
  options_.checkpoint.key_path = second;
  export_all(1);
  EXPECT_EQ(signed_seqs(), (Seqs{3, 4}));
  EXPECT_TRUE(verify_audit(path_, {file_, {key_ + ".pub", second + ".pub"}}).ok);
}

TEST_F(CheckpointerTest, ATrailThatBeginsAnewForgetsTheOldOne) {
  export_all(30);
  fs::remove(path_);
  fs::rename(file_, file_ + ".old");
  Journal other;
  AuditRecord first = audit_test::accepted(1);
  first.time_us += 1;
  other.add(first);
  export_audit(other, options_);
  EXPECT_EQ(signed_seqs(), Seqs{1});
  EXPECT_TRUE(verify().ok);
}

TEST_F(CheckpointerTest, TheFirstRecordMayHaveBeenCarriedAway) {
  options_.max_segment_bytes = 1500;
  export_all(30);
  const auto segments = list_segments(path_);
  ASSERT_GT(segments.size(), 2U);
  const std::string away = dir_ / "away.log";
  fs::rename(segments[0].path, away);
  export_all(10);  // the journal has record 1
  journal_.forgotten = 35;
  export_all(10);  // the last checkpoint tells which trail it is
  fs::rename(away, segments[0].path);
  EXPECT_TRUE(verify().ok) << verify().problem;
  EXPECT_EQ(signed_seqs().back(), 45);
}

TEST_F(CheckpointerTest, WithoutAnyTraceOfTheFirstRecordNothingIsSigned) {
  options_.max_segment_bytes = 1500;
  export_all(30);
  fs::remove(list_segments(path_)[0].path);
  fs::remove(path_ + ".last-checkpoint");
  journal_.forgotten = 25;
  const auto before = signed_seqs();
  EXPECT_THROW(export_all(20), AuditError);
  EXPECT_EQ(journal_.exported(), 50);
  EXPECT_EQ(signed_seqs(), before);
}

TEST_F(CheckpointerTest, TheJournalRemembersWhichTrailItIsWhenRecordOneIsDeleted) {
  options_.max_segment_bytes = 1500;
  export_all(30);
  const std::string away = dir_ / "away.log";
  const auto first = list_segments(path_)[0].path;
  fs::rename(first, away);
  fs::remove(path_ + ".last-checkpoint");
  journal_.first_hash = journal_.at(1).hash;
  journal_.forgotten = 25;
  export_all(20);
  fs::rename(away, first);
  EXPECT_TRUE(verify().ok) << verify().problem;
  EXPECT_GT(signed_seqs().back(), 30);
}

TEST_F(CheckpointerTest, ACheckpointThatCannotBeMadeDoesNotKeepRecordsBack) {
  ::chmod(key_.c_str(), 0644);
  EXPECT_THROW(export_all(32), AuditError);
  EXPECT_EQ(journal_.exported(), 32);
  EXPECT_TRUE(verify_audit(path_).ok);
  EXPECT_FALSE(fs::exists(file_));
  ::chmod(key_.c_str(), 0600);
  options_.checkpoint.output = dir_ / "none/checkpoints";
  EXPECT_THROW(export_all(1), AuditError);
  EXPECT_EQ(journal_.exported(), 33);
  options_.checkpoint.output.clear();
  export_all(0);
  EXPECT_EQ(signed_seqs(), Seqs{33});
}

}  // namespace
}  // namespace cxrelay
