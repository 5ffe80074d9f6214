#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "fake_clock.hpp"
#include "fake_random.hpp"
#include "queue/journal.hpp"
#include "queue/schema.hpp"
#include "temp_dir.hpp"

namespace cxrelay::queue {
namespace {

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() {
    prepare_schema(database_, clock_, random_);
    journal_.emplace(database_);
  }

  NewRecord record() const {
    NewRecord out;
    out.action = "accepted";
    out.interaction_id = "a1";
    out.idempotency_key = "a1_2024";
    return out;
  }
  std::int64_t rows() { return database_.integer("SELECT count(*) FROM journal"); }

  cxrelay::testing::TempDir directory_;
  cxrelay::testing::FakeClock clock_;
  cxrelay::testing::FakeRandom random_;
  sqlite::Database database_{directory_.file("queue.db"), sqlite::OpenMode::create};
  std::optional<Journal> journal_;
};

TEST_F(JournalTest, RowsThatMayComeLaterAreWrittenTogetherAndInOrder) {
  for (const int count : {1, 7, 8, 9, 20}) {
    const auto before = rows();
    sqlite::Transaction transaction(database_);
    journal_->begin(1);
    for (int i = 0; i < count; ++i) journal_->append_later(record());
    EXPECT_EQ(rows() - before, count / 8 * 8);
    journal_->write_rows();
    transaction.commit();
    EXPECT_EQ(rows() - before, count);
  }
  EXPECT_EQ(database_.integer("SELECT max(seq) FROM journal"), rows());
}

TEST_F(JournalTest, ARecordThatIsAppendedAtOnceBringsThoseBeforeItAlong) {
  sqlite::Transaction transaction(database_);
  journal_->begin(1);
  journal_->append_later(record());
  EXPECT_EQ(journal_->append(record()), 2);
  EXPECT_EQ(rows(), 2);
}

TEST_F(JournalTest, LookingForAnEventSeesThoseThatWait) {
  const Fingerprint fingerprint{};
  sqlite::Transaction transaction(database_);
  journal_->begin(1);
  auto event = record();
  event.event_time_us = 5;
  event.fingerprint = &fingerprint;
  const auto seq = journal_->append_later(event);
  const auto found = journal_->find(5, "a1", fingerprint);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->seq, seq);
}

TEST_F(JournalTest, ATransactionThatFailedLeavesNothingForTheNext) {
  {
    sqlite::Transaction transaction(database_);
    journal_->begin(1);
    journal_->append_later(record());
  }
  sqlite::Transaction transaction(database_);
  journal_->begin(1);
  EXPECT_EQ(journal_->append(record()), 1);
  EXPECT_EQ(rows(), 1);
}

}  // namespace
}  // namespace cxrelay::queue
