// Retention of an exported trail: what goes, what stays, and what the tombstones let verify say.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "audit/segments.hpp"
#include "audit/tombstone_line.hpp"
#include "base/gzip.hpp"
#include "cxrelay/checkpoint.hpp"
#include "cxrelay/tombstone.hpp"
#include "fake_clock.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

namespace fs = std::filesystem;
using audit_test::accepted;
using audit_test::all_lines;
using audit_test::Journal;
using audit_test::read_file;
using audit_test::TempDir;
using audit_test::write_file;
using testing::FakeClock;

std::string flipped(std::string text, std::size_t at) {
  text[at] = static_cast<char>(text[at] ^ (1 << at % 7));
  return text;
}

// A trail of 40 records in many segments; record n is of the n-th millisecond.
class RetentionTest : public ::testing::Test {
 protected:
  RetentionTest() {
    clock_->set_wall_us(1'800'000'000'000'000);
    generate_checkpoint_key(key_);
    journal_.add(40);
    export_all();
    segments_ = list_segments(path_);
  }

  void export_all() { export_audit(journal_, {.path = path_, .max_segment_bytes = 2000}); }

  // Of a record; a limit for what comes before it.
  std::int64_t time_of(std::int64_t seq) { return journal_.at(seq).time_us; }

  RetentionOptions before_segment(std::size_t index) {
    return {.path = path_,
            .key_path = key_,
            .older_than_us = time_of(segments_[index].first_seq),
            .clock = clock_};
  }
  RetainedTrail retain(std::size_t index) { return retain_trail(before_segment(index)); }

  VerifyResult verify() { return verify_audit(path_, {.public_keys = {key_ + ".pub"}}); }

  void expect_problem(std::string_view words, std::string_view file, std::int64_t line) {
    const VerifyResult result = verify();
    EXPECT_FALSE(result.ok);
    EXPECT_NE(result.problem.find(words), std::string::npos) << result.problem;
    EXPECT_EQ(result.file, file);
    EXPECT_EQ(result.line, line);
  }

  // As the tombstones stand, signed with whatever key.
  void write_tombstones(std::vector<Tombstone> tombstones, const std::string& key) {
    const auto signing = SigningKey::from_pem(read_file(key));
    std::string text;
    for (Tombstone& tombstone : tombstones) {
      sign(tombstone, *signing);
      text += to_line(tombstone) + '\n';
    }
    write_file(file_, text);
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  std::string file_ = path_ + ".tombstones";
  std::string key_ = dir_ / "key.pem";
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  Journal journal_;
  std::vector<Segment> segments_;
};

TEST_F(RetentionTest, WholeSegmentsGoAndATombstoneSaysSo) {
  ASSERT_GT(segments_.size(), 6U);
  const RetainedTrail done = retain(3);
  EXPECT_EQ(done.removed,
            (std::vector<std::string>{segments_[0].path, segments_[1].path, segments_[2].path}));
  EXPECT_EQ(done.records, segments_[2].last_seq);
  EXPECT_EQ(done.last_seq, segments_[2].last_seq);
  EXPECT_EQ(list_segments(path_).size(), segments_.size() - 3);
  const auto tombstones = read_tombstones(file_).tombstones;
  ASSERT_EQ(tombstones.size(), 1U);
  const Tombstone& tombstone = tombstones.front();
  EXPECT_EQ(tombstone.first_seq, 1);
  EXPECT_EQ(tombstone.seq, segments_[2].last_seq);
  EXPECT_EQ(tombstone.hash, journal_.at(tombstone.seq).hash);
  EXPECT_EQ(tombstone.trail, journal_.at(1).hash);
  EXPECT_EQ(tombstone.older_than_us, time_of(segments_[3].first_seq));
  EXPECT_EQ(tombstone.time_us, clock_->wall_us());
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(RetentionTest, WhatIsLeftVerifies) {
  retain(3);
  const VerifyResult found = verify();
  EXPECT_TRUE(found.ok) << found.problem;
  EXPECT_EQ(found.first_seq, segments_[3].first_seq);
  EXPECT_EQ(found.last_seq, 40);
  EXPECT_EQ(found.records, 40 - segments_[2].last_seq);
  EXPECT_EQ(found.trail, to_hex(journal_.at(1).hash));
  EXPECT_EQ(found.tombstones, 1);
  EXPECT_EQ(found.removed_seq, segments_[2].last_seq);
  EXPECT_EQ(found.tombstone_time_us, clock_->wall_us());
  EXPECT_TRUE(found.tombstones_checked);
  const VerifyResult unchecked = verify_audit(path_);
  EXPECT_TRUE(unchecked.ok);
  EXPECT_FALSE(unchecked.tombstones_checked);
}

TEST_F(RetentionTest, AgainAndAgain) {
  retain(2);
  clock_->advance_ms(1000);
  retain(2);  // nothing is old enough
  EXPECT_EQ(read_tombstones(file_).tombstones.size(), 1U);
  const RetainedTrail more = retain(5);
  EXPECT_EQ(more.removed.size(), 3U);
  EXPECT_EQ(more.records, segments_[4].last_seq - segments_[1].last_seq);
  const auto tombstones = read_tombstones(file_).tombstones;
  ASSERT_EQ(tombstones.size(), 2U);
  EXPECT_EQ(tombstones[1].first_seq, tombstones[0].seq + 1);
  EXPECT_EQ(tombstones[1].trail, tombstones[0].trail);
  EXPECT_EQ(verify().tombstones, 2);
  EXPECT_TRUE(verify().ok);
}

TEST_F(RetentionTest, ARecordFromTheWrongTimeKeepsItsSegmentAndThoseAfterIt) {
  const auto other = dir_ / "other.log";
  Journal journal;
  for (std::int64_t seq = 1; seq <= 40; ++seq) {
    AuditRecord record = accepted(seq);
    if (seq == 12) record.time_us += 3'600'000'000;  // the clock was ahead for a moment
    journal.add(record);
  }
  export_audit(journal, {.path = other, .max_segment_bytes = 2000});
  const auto before = list_segments(other);
  retain_trail({other, key_, accepted(40).time_us, false, {}, clock_});
  const auto after = list_segments(other);
  ASSERT_FALSE(after.empty());
  EXPECT_LE(after.front().first_seq, 12);
  EXPECT_GE(after.front().last_seq, 12);
  EXPECT_LT(after.size(), before.size());
}

TEST_F(RetentionTest, TheOpenSegmentStaysHoweverOldItIs) {
  RetentionOptions options = before_segment(1);
  options.older_than_us = clock_->wall_us();
  EXPECT_EQ(retain_trail(options).removed.size(), segments_.size());
  EXPECT_TRUE(list_segments(path_).empty());
  EXPECT_TRUE(verify().ok);
  EXPECT_EQ(retain_trail(options).removed.size(), 0U);
}

TEST_F(RetentionTest, SomethingOfTheTrailStays) {
  for (const bool is_there : {true, false}) {
    is_there ? fs::resize_file(path_, 0) : static_cast<void>(fs::remove(path_));
    RetentionOptions options = before_segment(1);
    options.older_than_us = clock_->wall_us();
    retain_trail(options);
    EXPECT_EQ(list_segments(path_).size(), 1U);
    EXPECT_TRUE(verify().ok);
  }
}

TEST_F(RetentionTest, NothingToDoLeavesNothingBehind) {
  const RetainedTrail done = retain(0);
  EXPECT_TRUE(done.removed.empty());
  EXPECT_EQ(done.last_seq, 0);
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(RetentionTest, ADryRunOnlySays) {
  RetentionOptions options = before_segment(3);
  options.dry_run = true;
  options.before_removal = [](const Tombstone&) { ADD_FAILURE(); };
  const RetainedTrail said = retain_trail(options);
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_EQ(list_segments(path_).size(), segments_.size());
  const RetainedTrail done = retain(3);
  EXPECT_EQ(said.removed, done.removed);
  EXPECT_EQ(said.records, done.records);
  EXPECT_EQ(said.last_seq, done.last_seq);
}

TEST_F(RetentionTest, WithoutAKeyNothingIsRemoved) {
  EXPECT_THROW(retain_trail({.path = path_, .older_than_us = time_of(40)}), ConfigError);
  EXPECT_THROW(retain_trail({path_, dir_ / "none.pem", time_of(40)}), AuditError);
  RetentionOptions future = before_segment(3);
  future.older_than_us = clock_->wall_us() + 1;
  EXPECT_THROW(retain_trail(future), ConfigError);
  EXPECT_EQ(list_segments(path_).size(), segments_.size());
}

TEST_F(RetentionTest, ATrailThatDoesNotVerifyIsLeftAlone) {
  const std::string last = segments_.back().path;
  write_file(last, flipped(read_file(last), 700));
  EXPECT_THROW(retain(3), AuditError);
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_EQ(list_segments(path_).size(), segments_.size());
}

TEST_F(RetentionTest, ACallThatWasKilledIsFinishedByTheNext) {
  std::vector<std::string> saved;
  for (std::size_t i = 0; i < 3; ++i) saved.push_back(read_file(segments_[i].path));
  retain(3);
  const std::string tombstones = read_file(file_);
  for (std::size_t left = 1; left <= 3; ++left) {
    for (std::size_t i = 3 - left; i < 3; ++i) write_file(segments_[i].path, saved[i]);
    EXPECT_TRUE(verify().ok) << verify().problem;
    EXPECT_EQ(verify().first_seq, segments_[3 - left].first_seq);
    std::vector<std::int64_t> told;
    RetentionOptions options = before_segment(0);  // nothing new is old enough
    options.before_removal = [&](const Tombstone& tombstone) {
      told.push_back(tombstone.seq);
      EXPECT_TRUE(fs::exists(segments_[3 - left].path));
    };
    const RetainedTrail done = retain_trail(options);
    EXPECT_EQ(done.removed.size(), left);
    EXPECT_EQ(told, std::vector<std::int64_t>{segments_[2].last_seq});
    EXPECT_EQ(read_file(file_), tombstones);
    EXPECT_TRUE(verify().ok);
  }
}

TEST_F(RetentionTest, WhatIsLeftOfARemovalIsNoLessProtected) {
  std::array<std::string, 2> saved = {read_file(segments_[1].path), read_file(segments_[2].path)};
  retain(3);
  write_file(segments_[1].path, saved[0]);
  expect_problem("segment missing before seq", segments_[3].path, 0);
  write_file(segments_[2].path, saved[1]);
  EXPECT_TRUE(verify().ok);
  for (const std::size_t i : {0U, 1U}) {
    const std::string& file = segments_[i + 1].path;
    for (std::size_t at = 0; at < saved[i].size(); at += 13) {
      write_file(file, flipped(saved[i], at));
      EXPECT_FALSE(verify().ok) << at;
    }
    write_file(file, saved[i]);
  }
}

TEST_F(RetentionTest, IfBeforeRemovalThrowsNothingIsRemoved) {
  RetentionOptions options = before_segment(3);
  options.before_removal = [](const Tombstone&) { throw StoreError(StoreErrorKind::full, "full"); };
  EXPECT_THROW(retain_trail(options), StoreError);
  EXPECT_EQ(list_segments(path_).size(), segments_.size());
  EXPECT_TRUE(verify().ok);
  EXPECT_EQ(retain(3).removed.size(), 3U);
  EXPECT_EQ(verify().tombstones, 1);
}

TEST_F(RetentionTest, CompressedSegmentsThatAreBuriedGoToo) {
  const std::string left = segments_[2].path + ".gz";
  std::string packed;
  GzipWriter writer([&](std::string_view bytes) { packed += bytes; });
  writer.write(read_file(segments_[2].path));
  writer.finish();
  write_file(left, packed);
  EXPECT_EQ(retain(3).removed.size(), 4U) << "whether or not the plain one is there";
  write_file(left, packed);
  EXPECT_TRUE(verify().ok);
  EXPECT_EQ(retain(0).removed, std::vector<std::string>{left});
}

TEST_F(RetentionTest, TheExportGoesOn) {
  retain(3);
  journal_.add(20);
  export_all();
  EXPECT_TRUE(verify().ok);
  EXPECT_EQ(verify().last_seq, 60);
  journal_.forgotten = 55;
  fs::remove(path_);
  for (const Segment& segment : list_segments(path_)) fs::remove(segment.path);
  EXPECT_THROW(export_all(), AuditError) << "records 41 to 60 are lost";
  journal_.forgotten = 0;
  export_all();  // writes what was lost again, and no more
  EXPECT_TRUE(verify().ok) << verify().problem;
  EXPECT_EQ(verify().first_seq, segments_[3].first_seq);
  EXPECT_EQ(verify().last_seq, 60);
}

TEST_F(RetentionTest, CheckpointsOfEveryTimeStillFit) {
  const std::string file = dir_ / "checkpoints";
  const std::string copy = dir_ / "copy";
  fs::create_directory(copy);
  for (const std::int64_t seq : {std::int64_t{1}, segments_[2].last_seq - 1, segments_[2].last_seq,
                                 segments_[3].first_seq, std::int64_t{40}}) {
    const auto lines = all_lines(path_);
    std::string text;
    for (std::int64_t i = 0; i < seq; ++i) text += lines[static_cast<std::size_t>(i)] + '\n';
    write_file(copy + "/audit.log", text);
    write_checkpoint(sign_checkpoint(copy + "/audit.log", key_), file);
  }
  retain(3);
  const CheckpointFiles files{file, {key_ + ".pub"}};
  const VerifyResult found = verify_audit(path_, files);
  EXPECT_TRUE(found.ok) << found.problem;
  EXPECT_EQ(found.checkpoints, 5);
  write_checkpoint(sign_checkpoint(path_, key_), file);
  EXPECT_EQ(verify_audit(path_, files).checkpoints, 6);
  EXPECT_EQ(sign_checkpoint(path_, key_).trail, journal_.at(1).hash);
}

TEST_F(RetentionTest, ACheckpointAtTheTombstoneMustHaveItsHash) {
  const std::string file = dir_ / "checkpoints";
  retain(3);
  Checkpoint checkpoint = sign_checkpoint(path_, key_);
  const auto key = SigningKey::from_pem(read_file(key_));
  checkpoint.seq = segments_[2].last_seq;
  checkpoint.signature = {};
  checkpoint.hash = journal_.at(checkpoint.seq).hash;
  checkpoint.hash[0] ^= std::byte{1};
  // Signed by hand: no honest signer would.
  std::string message;
  append_field(message, std::string_view("cxrelay audit checkpoint 1"));
  append_field(message, as_chars(checkpoint.trail));
  append_field(message, checkpoint.seq);
  append_field(message, as_chars(checkpoint.hash));
  append_field(message, checkpoint.time_us);
  append_field(message, checkpoint.key_id);
  checkpoint.signature = key->sign(message);
  write_checkpoint(checkpoint, file);
  const VerifyResult found = verify_audit(path_, {file, {key_ + ".pub"}});
  EXPECT_NE(found.problem.find("is not the record that the checkpoint was signed for"),
            std::string::npos)
      << found.problem;
  EXPECT_EQ(found.file, file);
}

TEST_F(RetentionTest, AnExportSignsCheckpointsOfAShortenedTrail) {
  retain(3);
  journal_.forgotten = segments_[2].last_seq;  // record 1 is nowhere any more
  journal_.add(20);
  ExportOptions options{.path = path_, .max_segment_bytes = 2000};
  options.checkpoint.key_path = key_;
  export_audit(journal_, options);
  const VerifyResult found = verify_audit(path_, {path_ + ".checkpoints", {key_ + ".pub"}});
  EXPECT_TRUE(found.ok) << found.problem;
  EXPECT_GT(found.checkpoints, 0);
}

TEST_F(RetentionTest, ErasingDoesNotMissWhatRetentionRemoved) {
  retain(3);
  fs::remove(list_segments(path_).front().path);  // carried away
  const std::array events = {std::int64_t{1}, segments_[2].last_seq, segments_[3].first_seq};
  EXPECT_EQ(erase_exported(journal_, path_, "call-1", events).elsewhere,
            std::vector<std::int64_t>{segments_[3].first_seq});
}

// ---- what somebody else may have done ----

TEST_F(RetentionTest, WithoutItsTombstoneTheBeginningIsMissing) {
  retain(3);
  const std::string tombstones = read_file(file_);
  fs::remove(file_);
  expect_problem("segment missing before seq", segments_[3].path, 0);
  write_file(dir_ / "kept", tombstones);
  EXPECT_TRUE(verify_audit(path_, {.tombstones = dir_ / "kept"}).ok);
  EXPECT_THROW(verify_audit(path_, {.tombstones = dir_ / "none"}), AuditError);
  write_file(file_, "");
  expect_problem("segment missing before seq", segments_[3].path, 0);
}

TEST_F(RetentionTest, EveryByteOfATombstoneMatters) {
  retain(2);
  retain(4);
  const std::string text = read_file(file_);
  for (std::size_t at = 0; at < text.size(); ++at) {
    write_file(file_, flipped(text, at));
    EXPECT_FALSE(verify().ok) << at;
  }
  write_file(file_, text);
  EXPECT_TRUE(verify().ok);
}

TEST_F(RetentionTest, AFurtherSegmentRemovedShows) {
  retain(3);
  fs::remove(segments_[3].path);
  expect_problem("segment missing before seq", segments_[4].path, 0);
}

TEST_F(RetentionTest, ATombstoneOfSomebodyElseShows) {
  retain(3);
  const std::string other = dir_ / "other.pem";
  const std::string id = generate_checkpoint_key(other);
  auto tombstones = read_tombstones(file_).tombstones;
  const std::string good = read_file(file_);
  // Somebody removes two more segments and writes the tombstone for them himself.
  Tombstone forged = tombstones[0];
  forged.first_seq = forged.seq + 1;
  forged.seq = segments_[4].last_seq;
  forged.hash = journal_.at(forged.seq).hash;
  const std::string moved = dir_ / "moved";
  fs::create_directory(moved);
  for (const std::size_t i : {3U, 4U})
    fs::rename(segments_[i].path, moved + "/" + std::to_string(i));
  write_file(file_, good + to_line(forged) + "\n");
  expect_problem("the tombstone was changed: its signature does not fit", file_, 2);
  EXPECT_FALSE(verify_audit(path_).tombstones_checked) << "all that can be said without a key";
  write_tombstones({tombstones[0], forged}, other);
  expect_problem("the tombstone is signed with another key (" + id + ")", file_, 1);
  EXPECT_TRUE(verify_audit(path_, {.public_keys = {other + ".pub"}}).ok);
  // One for all, or only the last: the first tombstone begins with record 1.
  write_tombstones({forged}, key_);
  expect_problem("begins with seq", file_, 1);
}

TEST_F(RetentionTest, TombstonesGoOnFromEachOther) {
  retain(2);
  retain(4);
  const auto tombstones = read_tombstones(file_).tombstones;
  write_tombstones({tombstones[1], tombstones[0]}, key_);
  expect_problem("the tombstone begins with seq", file_, 1);
  write_tombstones({tombstones[0], tombstones[0]}, key_);
  expect_problem("the tombstone begins with seq", file_, 2);
  Tombstone other = tombstones[1];
  other.trail = other.hash;
  write_tombstones({tombstones[0], other}, key_);
  expect_problem("of another trail", file_, 2);
  write_tombstones({tombstones[0]}, key_);
  expect_problem("segment missing before seq", segments_[4].path, 0);
  write_file(file_, "{}\n");
  expect_problem("not a tombstone", file_, 1);
}

TEST_F(RetentionTest, ATombstoneWhoseRecordsAreThereMustFitThem) {
  std::vector<std::string> saved;
  for (std::size_t i = 0; i < 3; ++i) saved.push_back(read_file(segments_[i].path));
  retain(3);
  for (std::size_t i = 0; i < 3; ++i) write_file(segments_[i].path, saved[i]);
  Tombstone tombstone = read_tombstones(file_).tombstones[0];
  EXPECT_TRUE(verify().ok);
  Tombstone other = tombstone;
  other.hash[3] ^= std::byte{4};
  write_tombstones({other}, key_);
  expect_problem("is not the record that the tombstone was signed for", file_, 1);
  other = tombstone;
  other.trail[3] ^= std::byte{4};
  write_tombstones({other}, key_);
  expect_problem("the tombstone of seq", file_, 1);
}

TEST_F(RetentionTest, ATailThatIsCutDownToTheTombstoneShows) {
  const std::string last = read_file(segments_[2].path);
  retain(3);
  for (const Segment& segment : list_segments(path_)) fs::remove(segment.path);
  write_file(path_, "");
  expect_problem("nothing follows tombstone seq", file_, 1);
  write_file(segments_[2].path, last);
  expect_problem("nothing follows tombstone seq", file_, 1);
}

TEST_F(RetentionTest, ARewriteFromTheTombstoneOnNeedsACheckpointToShow) {
  retain(3);
  const std::string file = dir_ / "checkpoints";
  write_checkpoint(sign_checkpoint(path_, key_), file);
  Journal other;
  for (std::int64_t seq = 1; seq <= 40; ++seq) {
    AuditRecord record = journal_.at(seq);
    if (seq >= segments_[3].first_seq && record.mapped) record.mapped = R"({"Queue":"Forged"})";
    other.add(std::move(record));
  }
  for (const Segment& segment : list_segments(path_)) fs::remove(segment.path);
  fs::remove(path_);
  export_audit(other, {.path = path_});
  EXPECT_TRUE(verify().ok) << "as for any trail";
  EXPECT_FALSE(verify_audit(path_, {file, {key_ + ".pub"}}).ok);
}

TEST_F(RetentionTest, NamesMustFitTheFirstRecordThatIsLeft) {
  retain(3);
  const std::string wrong = segment_path(path_, segments_[3].first_seq - 1, segments_[3].last_seq);
  fs::rename(segments_[3].path, wrong);
  expect_problem("not what its name says", wrong, segments_[3].last_seq - segments_[2].last_seq);
  fs::rename(wrong, segments_[3].path);
  write_file(segment_path(path_, 1, segments_[2].last_seq), "");
  expect_problem("not what its name says", segment_path(path_, 1, segments_[2].last_seq), 0);
}

TEST_F(RetentionTest, AnAppendThatWasCutShortCountsAsNothing) {
  retain(2);
  const std::string whole = read_file(file_);
  for (const std::string& torn :
       {whole.substr(0, 200), whole.substr(0, 3), std::string(300, '\0')}) {
    write_file(file_, whole + torn);
    EXPECT_TRUE(verify().ok) << verify().problem;
  }
  retain(3);
  EXPECT_EQ(verify().tombstones, 2);
  EXPECT_TRUE(verify().ok);
  write_file(file_, read_file(file_) + "a note");
  EXPECT_THROW(retain(4), AuditError);
  EXPECT_EQ(list_segments(path_).size(), segments_.size() - 3);
}

TEST_F(RetentionTest, AForgedTombstoneIsNotBuiltUpon) {
  retain(2);
  const std::string text = read_file(file_);
  write_file(file_, flipped(text, text.size() - 10));
  EXPECT_THROW(retain(4), AuditError);
  EXPECT_EQ(list_segments(path_).size(), segments_.size() - 2);
}

TEST_F(RetentionTest, KeysMayChange) {
  retain(2);
  const std::string second = dir_ / "second.pem";
  generate_checkpoint_key(second);
  RetentionOptions options = before_segment(4);
  options.key_path = second;
  retain_trail(options);
  const auto found = verify_audit(path_, {.public_keys = {key_ + ".pub", second + ".pub"}});
  EXPECT_TRUE(found.ok) << found.problem;
  EXPECT_EQ(found.tombstones, 2);
  expect_problem("signed with another key", file_, 2);
}

TEST_F(RetentionTest, LinksAreNotFollowed) {
  fs::create_symlink(dir_ / "elsewhere", file_);
  EXPECT_THROW(retain(3), AuditError);
  EXPECT_EQ(list_segments(path_).size(), segments_.size());
}

TEST_F(RetentionTest, ASignatureIsOverTheDocumentedBytes) {
  retain(3);
  const Tombstone tombstone = read_tombstones(file_).tombstones[0];
  const auto field = [](std::string_view text) {
    return std::string(3, '\0') + static_cast<char>(text.size()) + std::string(text);
  };
  EXPECT_EQ(signed_bytes(tombstone),
            field("cxrelay audit tombstone 1") + field(as_chars(tombstone.trail)) + field("1") +
                field(std::to_string(tombstone.seq)) + field(as_chars(tombstone.hash)) +
                field(std::to_string(tombstone.older_than_us)) +
                field(std::to_string(tombstone.time_us)) + field(tombstone.key_id));
}

TEST_F(RetentionTest, ImplausibleContentIsNoTombstone) {
  retain(3);
  json::Document scratch;
  const Tombstone good = read_tombstones(file_).tombstones[0];
  const auto is_read = [&](auto change) {
    Tombstone tombstone = good;
    change(tombstone);
    return read_tombstone(to_line(tombstone), scratch).has_value();
  };
  EXPECT_TRUE(is_read([](Tombstone&) {}));
  EXPECT_FALSE(is_read([](Tombstone& t) { t.first_seq = 0; }));
  EXPECT_FALSE(is_read([](Tombstone& t) { t.first_seq = t.seq + 1; }));
  EXPECT_FALSE(is_read([](Tombstone& t) { t.seq = 1; }));
  EXPECT_FALSE(is_read([](Tombstone& t) { t.key_id = "ABCDEF0123456789"; }));
  EXPECT_TRUE(is_read([](Tombstone& t) { t.seq = 1, t.trail = t.hash; }));
}

}  // namespace
}  // namespace cxrelay
