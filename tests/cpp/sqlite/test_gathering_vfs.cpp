#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "cxrelay/errors.hpp"
#include "sqlite/database.hpp"
#include "temp_dir.hpp"

namespace cxrelay::sqlite {
namespace {

// Calls that wrote something, of this process, as the kernel counts them.
long writing_calls() {
  std::ifstream io("/proc/self/io");
  std::string name;
  long value = 0;
  while (io >> name >> value) {
    if (name == "syscw:") return value;
  }
  return -1;
}

class GatheringTest : public ::testing::Test {
 protected:
  GatheringTest() { database_.run("CREATE TABLE t (x BLOB)"); }

  // About as many pages as rows.
  void insert(int rows) {
    Transaction transaction(database_);
    for (int i = 0; i < rows; ++i) database_.run("INSERT INTO t VALUES (randomblob(3500))");
    transaction.commit();
  }
  std::int64_t rows_seen_by_another() {
    Database other(path_, OpenMode::create);
    return other.integer("SELECT count(*) FROM t");
  }

  cxrelay::testing::TempDir directory_;
  std::string path_ = directory_.file("queue.db");
  Database database_{path_, OpenMode::create};
};

TEST_F(GatheringTest, ManyPagesTakeFewWrites) {
  const long before = writing_calls();
  if (before < 0) GTEST_SKIP() << "the kernel does not count calls here";
  insert(160);  // 640 KiB: at least 10 writes of 64 KiB
  EXPECT_LT(writing_calls() - before, 20);
}

// It is announced without a sync, and others read it from the database then.
TEST_F(GatheringTest, WhatACheckpointCopiesInPartIsThereForOthers) {
  insert(20);
  Database reader(path_, OpenMode::create);
  reader.run("BEGIN");
  EXPECT_EQ(reader.integer("SELECT count(*) FROM t"), 20);
  insert(20);
  EXPECT_FALSE(database_.checkpoint());
  Database other(path_, OpenMode::create);
  EXPECT_EQ(other.integer("SELECT count(*) FROM t WHERE length(x) = 3500"), 40);
  EXPECT_EQ(other.text("PRAGMA integrity_check"), "ok");
}

TEST_F(GatheringTest, WhatIsCommittedIsThereForOthers) {
  insert(1);
  EXPECT_EQ(rows_seen_by_another(), 1);
  insert(100);
  EXPECT_EQ(rows_seen_by_another(), 101);
  ASSERT_TRUE(database_.checkpoint());
  EXPECT_EQ(rows_seen_by_another(), 101);
  insert(50);
  ASSERT_TRUE(database_.empty_log());
  EXPECT_EQ(rows_seen_by_another(), 151);
}

// A transaction that outgrows the cache writes frames early, and reads them again before it ends.
TEST_F(GatheringTest, ATransactionReadsWhatItSpilled) {
  database_.run("PRAGMA cache_size=10");
  Transaction transaction(database_);
  for (int i = 0; i < 200; ++i) database_.run("INSERT INTO t VALUES (randomblob(3500))");
  EXPECT_EQ(database_.integer("SELECT count(*) FROM t WHERE length(x) = 3500"), 200);
  EXPECT_EQ(rows_seen_by_another(), 0);
  transaction.commit();
  EXPECT_EQ(database_.text("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(rows_seen_by_another(), 200);
}

TEST_F(GatheringTest, AWriteThatFailsIsTheCommitsError) {
  insert(3);
  const auto size = std::filesystem::file_size(path_ + "-wal");
  const rlimit full{size + 5000, RLIM_INFINITY};
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  EXPECT_THROW(insert(50), StoreError);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, ignored);
  EXPECT_EQ(rows_seen_by_another(), 3);
  insert(50);
  EXPECT_EQ(rows_seen_by_another(), 53);
  EXPECT_EQ(database_.text("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace cxrelay::sqlite
