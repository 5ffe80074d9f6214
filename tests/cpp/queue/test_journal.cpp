#include <gtest/gtest.h>

#include <initializer_list>
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
  NewRecord event(std::int64_t time_us, std::string_view interaction) const {
    auto out = record();
    out.event_time_us = time_us;
    out.interaction_id = interaction;
    out.fingerprint = &fingerprint_;
    return out;
  }
  // Whether such an event is stored already; if not, it is now, or with a later row: `interaction` must stay till then.
  bool meets(Journal& journal, std::int64_t time_us, std::string_view interaction) {
    const bool known = journal.find(time_us, interaction, fingerprint_).has_value();
    if (!known) journal.append_later(event(time_us, interaction));
    return known;
  }
  std::int64_t rows() { return database_.integer("SELECT count(*) FROM journal"); }

  cxrelay::testing::TempDir directory_;
  cxrelay::testing::FakeClock clock_;
  cxrelay::testing::FakeRandom random_;
  sqlite::Database database_{directory_.file("queue.db"), sqlite::OpenMode::create};
  std::optional<Journal> journal_;
  const Fingerprint fingerprint_{};
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
  sqlite::Transaction transaction(database_);
  journal_->begin(1);
  const auto seq = journal_->append_later(event(5, "a1"));
  const auto found = journal_->find(5, "a1", fingerprint_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->seq, seq);
}

TEST_F(JournalTest, LookingForNewEventsOfOneTimeLeavesRowsThatMayComeLater) {
  const auto store = [&](std::initializer_list<const char*> ids) {
    const auto before = rows();
    sqlite::Transaction transaction(database_);
    journal_->begin(1);
    for (const char* id : ids) EXPECT_FALSE(meets(*journal_, 9, id));
    EXPECT_EQ(rows(), before);
    EXPECT_TRUE(meets(*journal_, 9, "a3"));
    EXPECT_EQ(rows() - before, static_cast<std::int64_t>(ids.size()));
    transaction.commit();
  };
  store({"a0", "a1", "a2", "a3", "a4", "a5", "a6"});
  store({"b0", "b1", "b2"});
}

TEST_F(JournalTest, AnEventThatAnotherProcessStoredMeanwhileIsFound) {
  const auto store = [&](sqlite::Database& database, Journal& journal, std::string_view id) {
    sqlite::Transaction transaction(database);
    journal.begin(1);
    const bool known = meets(journal, 9, id);
    journal.write_rows();
    transaction.commit();
    return known;
  };
  sqlite::Database other_database(directory_.file("queue.db"), sqlite::OpenMode::create);
  Journal other(other_database);
  EXPECT_FALSE(store(database_, *journal_, "a1"));
  EXPECT_FALSE(store(other_database, other, "a2"));
  EXPECT_TRUE(store(database_, *journal_, "a2"));
  EXPECT_FALSE(store(database_, *journal_, "a3"));
  EXPECT_TRUE(store(other_database, other, "a3"));
}

TEST_F(JournalTest, AnEventWhoseTransactionFailedIsNew) {
  for (const bool fails : {true, true, false}) {
    sqlite::Transaction transaction(database_);
    journal_->begin(1);
    EXPECT_FALSE(meets(*journal_, 9, "a1"));
    if (fails) continue;
    journal_->write_rows();
    transaction.commit();
  }
  EXPECT_EQ(rows(), 1);
}

TEST_F(JournalTest, AnEventThatTookTheNumberOfAFailedOneIsFound) {
  sqlite::Database other_database(directory_.file("queue.db"), sqlite::OpenMode::create);
  Journal other(other_database);
  {
    sqlite::Transaction transaction(database_);
    journal_->begin(1);
    EXPECT_FALSE(meets(*journal_, 9, "a1"));
  }
  {
    sqlite::Transaction transaction(other_database);
    other.begin(1);
    EXPECT_FALSE(meets(other, 9, "a2"));
    other.write_rows();
    transaction.commit();
  }
  sqlite::Transaction transaction(database_);
  journal_->begin(1);
  EXPECT_TRUE(meets(*journal_, 9, "a2"));
}

TEST_F(JournalTest, AnEventWhoseRemovalFailedIsFound) {
  const auto begin = [&] { journal_->begin(1); };
  {
    sqlite::Transaction transaction(database_);
    begin();
    EXPECT_FALSE(meets(*journal_, 9, "a1"));
    journal_->write_rows();
    transaction.commit();
  }
  journal_.emplace(database_);  // which does not know what is stored
  {
    sqlite::Transaction transaction(database_);
    begin();
    journal_->append(record());
    transaction.commit();
  }
  {
    sqlite::Transaction transaction(database_);
    begin();
    database_.run("DELETE FROM journal WHERE seq = 1");
    EXPECT_FALSE(journal_->find(9, "a1", fingerprint_));
  }
  journal_->rolled_back();
  sqlite::Transaction transaction(database_);
  begin();
  EXPECT_TRUE(meets(*journal_, 9, "a1"));
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
