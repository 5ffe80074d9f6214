// Threads, forks and tampering.
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "queue_test.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::testing {
namespace {

using FaultTest = QueueTest;

TEST_F(FaultTest, ManyThreadsShareCommitsAndLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kEach; ++i) put({"t" + std::to_string(t), i});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(queue_->stats().accepted, kThreads * kEach);
}

TEST_F(FaultTest, PutsWhileAnotherThreadDelivers) {
  ASSERT_TRUE(queue_->elect(limits_));
  std::thread putter([this] {
    for (int i = 0; i < 500; ++i) put({"i" + std::to_string(i), i});
  });
  std::int64_t completed = 0;
  while (completed < 500) {
    const auto one = claim();
    if (one.updates.empty()) continue;
    settle(one, Outcome::completed);
    completed += static_cast<std::int64_t>(one.updates.size());
  }
  putter.join();
  EXPECT_EQ(queue_->stats().completed, 500);
}

TEST_F(FaultTest, AForkedChildIsToldToOpenAnew) {
  put({"a", 1});
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 1;
    try {
      queue_->stats();
    } catch (const ClosedError&) {
      code = 0;
    }
    ::_exit(code);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(put({"b", 1}).status, PutStatus::accepted);
}

TEST_F(FaultTest, AFailedCommitLeavesTheDelivererRight) {
  put({"a", 1});
  put({"b", 2});
  const auto one = claim(1);
  {
    sqlite::Database other(path_, sqlite::OpenMode::create);
    other.run(
        "CREATE TRIGGER no_more BEFORE INSERT ON journal BEGIN SELECT raise(FAIL, 'no'); END");
  }
  EXPECT_THROW(settle(one, Outcome::completed), StoreError);
  EXPECT_THROW(put({"c", 3}), StoreError);
  {
    sqlite::Database other(path_, sqlite::OpenMode::create);
    other.run("DROP TRIGGER no_more");
  }
  settle(one, Outcome::completed);
  EXPECT_EQ(keys(claim()), Keys{"b_2"});
}

class TamperTest : public QueueTest {
 protected:
  CheckResult check_after(const char* sql) {
    put({"a", 1});
    put({"b", 2});
    settle(claim(1), Outcome::completed);
    queue_.reset();
    const auto copy = directory_.file("copy.db");
    {
      sqlite::Database database(path_, sqlite::OpenMode::create);
      database.run(("VACUUM INTO '" + copy + "'").c_str());
      sqlite::Database copied(copy, sqlite::OpenMode::create);
      copied.run(sql);
    }
    SqliteQueueOptions options;
    options.path = copy;
    return open_sqlite_queue(options, clock_)->check();
  }
};

TEST_F(TamperTest, AnUntouchedCopyIsRight) { EXPECT_TRUE(check_after("SELECT 1").ok); }
TEST_F(TamperTest, AChangedPayloadIsFound) {
  EXPECT_FALSE(check_after("UPDATE journal SET mapped = '{}' WHERE seq = 1").ok);
}
TEST_F(TamperTest, ADeletedRecordIsFound) {
  EXPECT_FALSE(check_after("DELETE FROM journal WHERE seq = 3").ok);
}
TEST_F(TamperTest, ALostUpdateIsFound) { EXPECT_FALSE(check_after("DELETE FROM pending").ok); }
TEST_F(TamperTest, AWrongCounterIsFound) {
  EXPECT_FALSE(check_after("UPDATE meta SET value = 9 WHERE name = 'completed'").ok);
}
TEST_F(TamperTest, AWrongStateIsFound) {
  EXPECT_FALSE(check_after("UPDATE pending SET state = 'dead'").ok);
}

}  // namespace
}  // namespace cxrelay::testing
