// Signed checkpoints: what they are, who can make them, and what they detect in a trail.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "audit/checkpoint_line.hpp"
#include "audit/segments.hpp"
#include "cxrelay/checkpoint.hpp"
#include "fake_clock.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

namespace fs = std::filesystem;
using audit_test::Journal;
using audit_test::TempDir;
using testing::FakeClock;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() { generate_checkpoint_key(key_); }

  void export_all(std::int64_t records, std::size_t max_segment_bytes = 10'000'000) {
    journal_.add(records);
    export_audit(journal_, {.path = path_, .max_segment_bytes = max_segment_bytes});
  }

  void sign() { write_checkpoint(sign_checkpoint(path_, key_), file_); }

  VerifyResult verify() const { return verify_audit(path_, {file_, {key_ + ".pub"}}); }

  void expect_problem(std::string_view words, std::string_view file, std::int64_t line) const {
    const VerifyResult result = verify();
    EXPECT_FALSE(result.ok);
    EXPECT_NE(result.problem.find(words), std::string::npos) << result.problem;
    EXPECT_EQ(result.file, file);
    EXPECT_EQ(result.line, line);
  }

  // The same records with other content from `first` on, and a chain that is right.
  void rewrite_from(std::int64_t first) {
    Journal other;
    for (std::int64_t seq = 1; seq <= journal_.size(); ++seq) {
      AuditRecord record = journal_.at(seq);
      if (seq >= first && record.mapped) record.mapped = R"({"Queue":"Forged"})";
      other.add(std::move(record));
    }
    for (const Segment& segment : list_segments(path_)) fs::remove(segment.path);
    fs::remove(path_);
    export_audit(other, {.path = path_});
    EXPECT_TRUE(verify_audit(path_).ok);
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  std::string key_ = dir_ / "key.pem";
  std::string file_ = dir_ / "checkpoints";
  Journal journal_;
};

TEST_F(CheckpointTest, AKeyIsTwoPrivateFilesThatAreNeverOverwritten) {
  EXPECT_EQ(mode_of(key_), 0600U);
  EXPECT_EQ(mode_of(key_ + ".pub"), 0600U);
  const std::string before = audit_test::read_file(key_);
  EXPECT_THROW(generate_checkpoint_key(key_), AuditError);
  fs::remove(key_ + ".pub");
  EXPECT_THROW(generate_checkpoint_key(key_), AuditError);
  EXPECT_EQ(audit_test::read_file(key_), before);
  const std::string other = dir_ / "other.pem";
  audit_test::write_file(other + ".pub", "mine");
  EXPECT_THROW(generate_checkpoint_key(other), AuditError);
  EXPECT_FALSE(fs::exists(other));
}

TEST_F(CheckpointTest, NothingIsLeftOfAKeyThatCannotBeWritten) {
  EXPECT_THROW(generate_checkpoint_key(dir_ / "none/key.pem"), AuditError);
  fs::create_symlink(dir_ / "nowhere", dir_ / "link.pem");
  EXPECT_THROW(generate_checkpoint_key(dir_ / "link.pem"), AuditError);
  EXPECT_FALSE(fs::exists(dir_ / "link.pem.pub"));
}

TEST_F(CheckpointTest, AKeyThatOthersCanReadIsRefused) {
  export_all(3);
  ::chmod(key_.c_str(), 0640);
  EXPECT_THROW(sign_checkpoint(path_, key_), AuditError);
  ::chmod(key_.c_str(), 0600);
  EXPECT_EQ(sign_checkpoint(path_, key_).seq, 3);
  EXPECT_THROW(sign_checkpoint(path_, key_ + ".pub"), AuditError);
  EXPECT_THROW(sign_checkpoint(path_, dir_ / "none.pem"), AuditError);
}

TEST_F(CheckpointTest, MessagesHoldNoKey) {
  const std::string pem = audit_test::read_file(key_);
  const std::string secret = pem.substr(pem.find('\n') + 1, 64);
  for (const std::string& path : {key_, dir_ / "cut.pem"}) {
    audit_test::write_file(dir_ / "cut.pem", pem.substr(0, pem.size() - 30));
    ::chmod((dir_ / "cut.pem").c_str(), 0600);
    try {
      sign_checkpoint(dir_ / "no.log", path);
      ADD_FAILURE() << "there is no trail";
    } catch (const AuditError& error) {
      EXPECT_EQ(std::string(error.what()).find(secret.substr(0, 20)), std::string::npos);
    }
  }
}

TEST_F(CheckpointTest, ItSaysWhereTheTrailEnds) {
  export_all(7);
  const auto clock = std::make_shared<FakeClock>();
  const Checkpoint checkpoint = sign_checkpoint(path_, key_, clock);
  EXPECT_EQ(checkpoint.seq, 7);
  EXPECT_EQ(checkpoint.hash, journal_.at(7).hash);
  EXPECT_EQ(checkpoint.trail, journal_.at(1).hash);
  EXPECT_EQ(checkpoint.time_us, clock->wall_us());
  json::Document scratch;
  const auto again = read_checkpoint(to_line(checkpoint), scratch);
  ASSERT_TRUE(again);
  EXPECT_EQ(to_line(*again), to_line(checkpoint));
}

TEST_F(CheckpointTest, WhatDoesNotVerifyIsNotSigned) {
  export_all(7);
  std::string bytes = audit_test::read_file(path_);
  bytes[bytes.find("call-4")] = 'b';
  audit_test::write_file(path_, bytes);
  EXPECT_THROW(sign_checkpoint(path_, key_), AuditError);
}

TEST_F(CheckpointTest, AnHonestTrailPasses) {
  export_all(0);
  sign();
  export_all(7, 1500);
  sign();
  export_all(9, 1500);
  sign();
  sign();
  const VerifyResult result = verify();
  EXPECT_TRUE(result.ok) << result.problem;
  EXPECT_EQ(result.checkpoints, 4);
  EXPECT_EQ(result.checkpoint_seq, 16);
  EXPECT_GT(result.checkpoint_time_us, 0);
  export_all(3);
  EXPECT_EQ(verify().checkpoint_seq, 16);
  EXPECT_EQ(mode_of(file_), 0600U);
}

TEST_F(CheckpointTest, ACutTailShowsWhereverItIsCut) {
  export_all(12);
  sign();
  const auto lines = audit_test::lines_of(audit_test::read_file(path_));
  std::string kept;
  for (std::size_t count = 0; count < lines.size(); ++count) {
    audit_test::write_file(path_, kept);
    EXPECT_TRUE(verify_audit(path_).ok);
    expect_problem("the trail ends before checkpoint seq 12", file_, 1);
    kept += lines[count] + "\n";
  }
}

TEST_F(CheckpointTest, AMissingOpenSegmentShows) {
  export_all(20, 1500);
  sign();
  fs::remove(path_);
  EXPECT_TRUE(verify_audit(path_).ok);
  expect_problem("the trail ends before checkpoint seq 20", file_, 1);
}

TEST_F(CheckpointTest, ARewriteWithAValidChainShows) {
  export_all(3);
  sign();
  export_all(7);
  sign();
  rewrite_from(8);
  expect_problem("seq 10 is not the record that the checkpoint was signed for", file_, 2);
  EXPECT_EQ(verify().checkpoints, 1);
  rewrite_from(1);
  expect_problem("the checkpoint of seq 3 is of another trail", file_, 1);
}

TEST_F(CheckpointTest, ARewriteThatKeepsTheFirstRecordShows) {
  export_all(1);
  sign();
  export_all(5);
  sign();
  rewrite_from(2);
  expect_problem("seq 6 is not the record", file_, 2);
}

TEST_F(CheckpointTest, ACheckpointOfAnotherTrailIsNotAccepted) {
  const std::string other = dir_ / "other.log";
  Journal journal;
  AuditRecord first = audit_test::accepted(1);
  first.time_us += 1;
  journal.add(first);
  export_audit(journal, {.path = other});
  export_all(9);
  write_checkpoint(sign_checkpoint(other, key_), file_);
  expect_problem("the checkpoint of seq 1 is of another trail", file_, 1);
}

TEST_F(CheckpointTest, EveryByteOfALineMatters) {
  export_all(4);
  sign();
  const std::string line = audit_test::read_file(file_);
  for (std::size_t at = 0; at < line.size(); ++at) {
    std::string altered = line;
    altered[at] = static_cast<char>(altered[at] ^ (1 << at % 7));
    audit_test::write_file(file_, altered);
    EXPECT_FALSE(verify().ok) << altered;
  }
  audit_test::write_file(file_, line);
  EXPECT_TRUE(verify().ok);
}

TEST_F(CheckpointTest, ASignatureIsOverTheDocumentedBytes) {
  export_all(2);
  Checkpoint checkpoint = sign_checkpoint(path_, key_);
  const auto field = [](std::string_view text) {
    return std::string(3, '\0') + static_cast<char>(text.size()) + std::string(text);
  };
  EXPECT_EQ(signed_bytes(checkpoint),
            field("cxrelay audit checkpoint 1") + field(as_chars(checkpoint.trail)) + field("2") +
                field(as_chars(checkpoint.hash)) + field(std::to_string(checkpoint.time_us)) +
                field(checkpoint.key_id));
  // A changed member needs a new signature.
  checkpoint.time_us -= 1;
  write_checkpoint(checkpoint, file_);
  expect_problem("its signature does not fit", file_, 1);
}

TEST_F(CheckpointTest, SeveralKeysAndAStrangersKey) {
  export_all(2);
  sign();
  const std::string second = dir_ / "second.pem";
  const std::string id = generate_checkpoint_key(second);
  export_all(2);
  write_checkpoint(sign_checkpoint(path_, second), file_);
  expect_problem("signed with another key (" + id + ")", file_, 2);
  EXPECT_TRUE(verify_audit(path_, {file_, {second + ".pub", key_ + ".pub"}}).ok);
  EXPECT_THROW(verify_audit(path_, {file_, {second}}), AuditError);
  EXPECT_THROW(verify_audit(path_, {dir_ / "none", {key_ + ".pub"}}), AuditError);
}

TEST_F(CheckpointTest, NoCheckpointIsAProblemToo) {
  export_all(2);
  audit_test::write_file(file_, "");
  expect_problem("holds no checkpoint", file_, 0);
}

TEST_F(CheckpointTest, ATrailProblemBeforeTheCheckpointIsTheTrails) {
  export_all(9);
  sign();
  auto bytes = audit_test::read_file(path_);
  bytes[bytes.find("call-4")] = 'b';
  audit_test::write_file(path_, bytes);
  expect_problem("seq 4 was changed", path_, 4);
}

TEST_F(CheckpointTest, AnUnfinishedLineIsCutBeforeTheNextOne) {
  export_all(2);
  sign();
  const std::string whole = audit_test::read_file(file_);
  for (const std::string& torn :
       {whole.substr(0, 200), whole.substr(0, 5), std::string(300, '\0')}) {
    audit_test::write_file(file_, whole + torn);
    expect_problem("not a checkpoint", file_, 2);
    sign();
    EXPECT_EQ(verify().checkpoints, 2);
  }
}

TEST_F(CheckpointTest, AFileOfSomethingElseIsNotAppendedTo) {
  export_all(2);
  for (const std::string& text : {std::string("a note"), std::string(9000, 'x')}) {
    audit_test::write_file(file_, text);
    EXPECT_THROW(sign(), AuditError);
    EXPECT_EQ(audit_test::read_file(file_), text);
  }
  fs::remove(file_);
  fs::create_symlink(dir_ / "elsewhere", file_);
  EXPECT_THROW(sign(), AuditError);
}

TEST_F(CheckpointTest, ImplausibleContentIsNoCheckpoint) {
  export_all(2);
  json::Document scratch;
  const Checkpoint good = sign_checkpoint(path_, key_);
  const auto is_read = [&](auto change) {
    Checkpoint checkpoint = good;
    change(checkpoint);
    return read_checkpoint(to_line(checkpoint), scratch).has_value();
  };
  EXPECT_TRUE(is_read([](Checkpoint&) {}));
  EXPECT_FALSE(is_read([](Checkpoint& c) { c.seq = 0; }));
  EXPECT_FALSE(is_read([](Checkpoint& c) { c.seq = -2; }));
  EXPECT_FALSE(is_read([](Checkpoint& c) { c.seq = 1; }));
  EXPECT_FALSE(is_read([](Checkpoint& c) { c.key_id = "ABCDEF0123456789"; }));
  EXPECT_TRUE(is_read([](Checkpoint& c) { c.seq = 0, c.trail = c.hash = {}; }));
}

}  // namespace
}  // namespace cxrelay
