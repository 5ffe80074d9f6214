// The SQLite queue file, judged by the suite. What a sync is worth is tested elsewhere.
#include "conformance_test.hpp"
#include "temp_dir.hpp"

namespace cxrelay::testing {
namespace {

class SqliteStore final : public QueueStore {
 public:
  std::unique_ptr<Queue> open(std::shared_ptr<Clock> clock) override {
    SqliteQueueOptions options;
    options.path = directory_.file("queue.db");
    return open_sqlite_queue(options, std::move(clock));
  }

 private:
  TempDir directory_{memory_directory()};
};

Implementation sqlite() {
  Implementation implementation;
  implementation.name = "sqlite";
  implementation.make = [] { return std::make_unique<SqliteStore>(); };
  return implementation;
}

std::string name_of(const ::testing::TestParamInfo<Implementation>& info) {
  return info.param.name;
}

const auto kSqlite = ::testing::Values(sqlite());
INSTANTIATE_TEST_SUITE_P(Sqlite, QueuePutting, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueClaiming, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueMerging, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueLateness, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueSettling, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueFencing, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueRecovery, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueForgetting, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueNoting, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueRetention, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueRetaining, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueQuestions, kSqlite, name_of);
INSTANTIATE_TEST_SUITE_P(Sqlite, QueueAnswers, kSqlite, name_of);

}  // namespace
}  // namespace cxrelay::testing
