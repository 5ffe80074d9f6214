#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <string>

#include "queue/group_commit.hpp"
#include "temp_dir.hpp"

namespace cxrelay::queue {
namespace {

class GroupCommitTest : public ::testing::Test {
 protected:
  GroupCommitTest() { database_.run("CREATE TABLE t (x)"); }

  void run(std::function<void()> apply, std::size_t rows = 1) {
    Work work(std::move(apply), rows, 0);
    commits_.run(work);
  }
  // Leaves as many pages in the log as make a copy due, and none of them copied.
  void fill_log() {
    while (database_.log_pages() < kBesidePages) {
      run([&] { database_.run("INSERT INTO t VALUES (zeroblob(200000))"); });
    }
  }
  std::uintmax_t log_bytes() const { return std::filesystem::file_size(path_ + "-wal"); }
  void insert() { database_.run("INSERT INTO t VALUES (1)"); }
  std::int64_t rows() { return database_.integer("SELECT count(*) FROM t"); }

  cxrelay::testing::TempDir directory_;
  std::string path_ = directory_.file("queue.db");
  sqlite::Database database_{path_, sqlite::OpenMode::create};
  GroupCommit commits_{
      database_, path_ + ".lock", {10, 1000}, {[] {}, [] {}, [] {}, [] {}, [this] { copy_(); }}};
  std::function<void()> copy_ = [] {};
};

TEST_F(GroupCommitTest, StoresWhatWasDone) {
  run([&] { insert(); });
  EXPECT_EQ(rows(), 1);
}

TEST_F(GroupCommitTest, WorkThatFailsBeforeItWritesLeavesTheOthersAlone) {
  EXPECT_THROW(run([] { throw std::runtime_error("refused"); }), std::runtime_error);
  run([&] { insert(); });
  EXPECT_EQ(rows(), 1);
}

TEST_F(GroupCommitTest, HalfOfAWorkIsNotStored) {
  EXPECT_THROW(run([&] {
                 insert();
                 throw std::runtime_error("in the middle");
               }),
               std::runtime_error);
  EXPECT_EQ(rows(), 0);
  run([&] { insert(); });
  EXPECT_EQ(rows(), 1);
}

TEST_F(GroupCommitTest, TheLogIsCopiedBesideALongTransactionThatWritesNothingMeanwhile) {
  fill_log();
  const auto before = log_bytes();
  std::promise<void> wrote;
  sqlite::Database other(path_, sqlite::OpenMode::create);
  bool copied = false;
  std::uintmax_t while_copying = 0;
  copy_ = [&] {
    wrote.get_future().wait();
    copied = other.checkpoint();
    while_copying = log_bytes();
  };
  run(
      [&] {
        for (int i = 0; i < 100; ++i) database_.run("INSERT INTO t VALUES (zeroblob(200000))");
        wrote.set_value();
      },
      kLongTransaction);
  EXPECT_TRUE(copied) << "the transaction holds back nothing that was committed before";
  EXPECT_EQ(while_copying, before) << "more than fits the cache, and yet nothing was written early";
  EXPECT_GT(log_bytes(), before);
}

TEST_F(GroupCommitTest, AShortOrFailedTransactionLeavesNoCopyBehind) {
  fill_log();
  std::atomic<int> copies = 0;
  copy_ = [&] { ++copies; };
  run([&] { insert(); }, kLongTransaction - 1);
  EXPECT_EQ(copies, 0);
  EXPECT_THROW(run([] { throw std::runtime_error("refused"); }, kLongTransaction),
               std::runtime_error);
  EXPECT_EQ(copies, 1) << "and it has ended, or this would be a race";
  run([&] { insert(); }, kLongTransaction);
  EXPECT_EQ(copies, 1) << "hardly anything has come since";
}

TEST_F(GroupCommitTest, LongTransactionsLetTheLogStartAgain) {
  sqlite::Database other(path_, sqlite::OpenMode::create);
  copy_ = [&] { other.checkpoint(); };
  int most = 0;
  for (int i = 0; i < 200; ++i) {
    run([&] { database_.run("INSERT INTO t VALUES (zeroblob(200000))"); }, kLongTransaction);
    most = std::max(most, database_.log_pages());
  }
  EXPECT_GE(most, kRestartPages);
  EXPECT_LT(most, kRestartPages + 100);
  EXPECT_LT(log_bytes(), std::uintmax_t{kRestartPages + 100} * 4200);
}

}  // namespace
}  // namespace cxrelay::queue
