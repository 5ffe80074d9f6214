#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "queue/group_commit.hpp"
#include "temp_dir.hpp"

namespace cxrelay::queue {
namespace {

class GroupCommitTest : public ::testing::Test {
 protected:
  GroupCommitTest() { database_.run("CREATE TABLE t (x INTEGER)"); }

  void run(std::function<void()> apply) {
    Work work(std::move(apply), 1, 0);
    commits_.run(work);
  }
  void insert() { database_.run("INSERT INTO t VALUES (1)"); }
  std::int64_t rows() { return database_.integer("SELECT count(*) FROM t"); }

  cxrelay::testing::TempDir directory_;
  std::string path_ = directory_.file("queue.db");
  sqlite::Database database_{path_, sqlite::OpenMode::create};
  GroupCommit commits_{database_, path_ + ".lock", {10, 1000}, {[] {}, [] {}, [] {}, [] {}}};
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

}  // namespace
}  // namespace cxrelay::queue
