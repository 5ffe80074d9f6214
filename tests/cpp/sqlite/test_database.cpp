#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cxrelay/errors.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"
#include "temp_dir.hpp"

namespace cxrelay::sqlite {
namespace {

StoreErrorKind kind_when_opening(const std::string& path, OpenMode mode = OpenMode::create) {
  try {
    Database database(path, mode);
  } catch (const StoreError& error) {
    return error.kind();
  }
  ADD_FAILURE() << "opened " << path;
  return StoreErrorKind::other;
}

class DatabaseTest : public ::testing::Test {
 protected:
  cxrelay::testing::TempDir directory_;
  std::string path_ = directory_.file("queue.db");
};

TEST_F(DatabaseTest, IsPrivateAndSynced) {
  Database database(path_, OpenMode::create);
  database.run("CREATE TABLE t (x INTEGER)");
  EXPECT_EQ(database.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(database.integer("PRAGMA synchronous"), 2);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(DatabaseTest, RefusesASymbolicLinkAndASecondName) {
  { Database database(path_, OpenMode::create); }
  const auto link = directory_.file("link.db");
  std::filesystem::create_symlink(path_, link);
  EXPECT_EQ(kind_when_opening(link), StoreErrorKind::unsafe_file);
  std::filesystem::create_hard_link(path_, directory_.file("other.db"));
  EXPECT_EQ(kind_when_opening(path_), StoreErrorKind::unsafe_file);
}

TEST_F(DatabaseTest, RefusesWhatIsNoDatabase) {
  std::ofstream(path_) << std::string(8192, 'x');
  EXPECT_EQ(kind_when_opening(path_), StoreErrorKind::corrupt);
  EXPECT_EQ(kind_when_opening(directory_.file("missing.db"), OpenMode::read_only),
            StoreErrorKind::io);
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedLeavesNothing) {
  Database database(path_, OpenMode::create);
  database.run("CREATE TABLE t (x INTEGER)");
  {
    Transaction transaction(database);
    database.run("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(database.integer("SELECT count(*) FROM t"), 0);
  Transaction transaction(database);
  database.run("INSERT INTO t VALUES (1)");
  transaction.commit();
  EXPECT_EQ(database.integer("SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, ACheckpointLetsTheLogRestart) {
  Database database(path_, OpenMode::create);
  database.run("CREATE TABLE t (x BLOB)");
  const auto fill = [&] {
    for (int i = 0; i < 50; ++i) database.run("INSERT INTO t VALUES (randomblob(20000))");
  };
  fill();
  EXPECT_TRUE(database.checkpoint());
  const auto size = std::filesystem::file_size(path_ + "-wal");
  for (int round = 0; round < 5; ++round) {
    fill();
    EXPECT_TRUE(database.checkpoint());
  }
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 2 * size);
}

TEST_F(DatabaseTest, CountsTheLogsPagesFromItsRestart) {
  Database database(path_, OpenMode::create);
  database.run("CREATE TABLE t (x BLOB)");
  for (int i = 0; i < 50; ++i) database.run("INSERT INTO t VALUES (randomblob(20000))");
  const int before = database.log_pages();
  EXPECT_GT(before, 250);
  EXPECT_TRUE(database.checkpoint());
  database.run("INSERT INTO t VALUES (1)");
  EXPECT_LT(database.log_pages(), 10) << "a full log that was copied back is started anew";
}

TEST_F(DatabaseTest, BindsExactValues) {
  Database database(path_, OpenMode::create);
  Statement statement(database, "SELECT ?1, ?2, ?3, ?4");
  statement.bind(1, std::int64_t{-9223372036854775807LL - 1}).bind(2, std::string_view{});
  statement.bind_null(3).bind_blob(4, std::string_view("\0x", 2));
  ASSERT_TRUE(statement.step());
  EXPECT_EQ(statement.integer(0), -9223372036854775807LL - 1);
  EXPECT_FALSE(statement.is_null(1)) << "an empty text is not NULL";
  EXPECT_TRUE(statement.is_null(2));
  EXPECT_EQ(statement.blob(3).size(), 2U);
  EXPECT_FALSE(statement.step());
}

TEST(SqliteLibrary, IsKnownAndAlone) {
  EXPECT_FALSE(library_version().empty());
  EXPECT_EQ(second_library(), "");
}

}  // namespace
}  // namespace cxrelay::sqlite
