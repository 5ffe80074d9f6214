// A file that the tutorial's code wrote is taken over in place.
#include "queue_test.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::testing {
namespace {

constexpr const char* kTutorialFile = R"sql(
  CREATE TABLE pending_updates (idempotency_key TEXT PRIMARY KEY, interaction_id TEXT NOT NULL,
    payload TEXT NOT NULL, attempts INTEGER DEFAULT 0, last_error TEXT, status TEXT DEFAULT 'pending',
    created_at TEXT DEFAULT CURRENT_TIMESTAMP);
  INSERT INTO pending_updates VALUES
    ('i_1_2024-05-15T10:30:00+00:00', 'i_1', '{"attributes": {"a": 1}}', 200, 'HTTP 400', 'pending',
     '2024-05-15 10:30:01'),
    ('i2_2024-05-15T10:30:00.5+02:00', 'i2', '{"attributes": {"a": 2}}', 0, NULL, 'completed',
     '2024-05-15 10:30:02'),
    ('i3_yesterday', 'i3', '{"attributes": {"a": 3}}', 1, 'boom', 'weird', '2024-05-15 10:30:03');
)sql";

class UpgradeTest : public QueueTest {
 protected:
  UpgradeTest() {
    queue_.reset();
    path_ = directory_.file("tutorial.db");
    {
      sqlite::Database database(path_, sqlite::OpenMode::create);
      database.run(kTutorialFile);
    }
    open();
  }
};

TEST_F(UpgradeTest, RowsArriveAsWhatTheyWere) {
  EXPECT_EQ(queue_->find("i_1_2024-05-15T10:30:00+00:00")->state, State::pending);
  EXPECT_EQ(queue_->find("i_1_2024-05-15T10:30:00+00:00")->attempts, 200);
  EXPECT_EQ(queue_->find("i_1_2024-05-15T10:30:00+00:00")->event_time_us, 1'715'769'000'000'000);
  EXPECT_EQ(queue_->find("i2_2024-05-15T10:30:00.5+02:00")->state, State::completed);
  EXPECT_EQ(queue_->find("i3_yesterday")->state, State::parked);
  const auto stats = queue_->stats();
  EXPECT_EQ(stats.accepted, 3);
  EXPECT_EQ(stats.completed, 1);
  EXPECT_EQ(stats.pending, 1);
}

TEST_F(UpgradeTest, ThePendingOneIsDelivered) {
  const auto one = claim();
  ASSERT_EQ(one.updates.size(), 1U);
  EXPECT_EQ(one.updates.front().payload, R"({"attributes": {"a": 1}})");
  settle(one, Outcome::completed);
}

// Its key may have been applied with this payload.
TEST_F(UpgradeTest, WhatTheTutorialSentGoesAsItWasSent) {
  put({"i_1", 1'715'769'001});
  put({"i3", 1});
  EXPECT_EQ(queue_->revive({}, "test"), 1);
  const auto one = claim();
  EXPECT_EQ(keys(one), (Keys{"i_1_2024-05-15T10:30:00+00:00", "i3_yesterday"}));
  for (const auto& update : one.updates) EXPECT_TRUE(update.merged.empty());
}

TEST_F(UpgradeTest, OnlyOnce) {
  open();
  EXPECT_EQ(queue_->stats().accepted, 3);
}

TEST_F(UpgradeTest, TheTutorialsColumnsStayReadable) {
  put({"i9", 7});
  sqlite::Database reader(path_, sqlite::OpenMode::read_only);
  EXPECT_EQ(reader.integer("SELECT count(*) FROM pending_updates"), 4);
  EXPECT_EQ(reader.integer("SELECT count(*) FROM pending_updates WHERE status = 'pending'"), 2);
  EXPECT_EQ(reader.text("SELECT payload FROM pending_updates WHERE interaction_id = 'i9'"),
            R"({"attributes":{"a":1}})");
  EXPECT_EQ(reader.integer("SELECT attempts FROM pending_updates WHERE interaction_id = 'i_1'"),
            200);
  claim(1);
  EXPECT_EQ(reader.integer("SELECT count(*) FROM pending_updates WHERE status = 'in_flight'"), 1);
}

// Version 2 had an IN list as the constraint on the states.
TEST_F(QueueTest, AFileOfVersion2KeepsItsRowsAndGetsTheNewConstraint) {
  put({"a", 1});
  put({"b", 1});
  settle(claim(1), Outcome::retry);
  settle(claim(1), Outcome::dead);
  queue_.reset();
  {
    sqlite::Database file(path_, sqlite::OpenMode::create);
    file.run(R"sql(
      DROP VIEW pending_updates;
      DROP TABLE kept_events;
      DROP TABLE cut_requests;
      CREATE TABLE old (
        state TEXT NOT NULL, next_at_us INTEGER NOT NULL, seq INTEGER NOT NULL, interaction INTEGER NOT NULL,
        event_time_us INTEGER NOT NULL, attempts INTEGER NOT NULL, revived_us INTEGER, last_error TEXT, item INTEGER,
        PRIMARY KEY (state, next_at_us, seq),
        CONSTRAINT state_is_known CHECK (state IN ('pending', 'dead', 'parked'))
      ) STRICT, WITHOUT ROWID;
      INSERT INTO old SELECT * FROM pending;
      DROP TABLE pending;
      ALTER TABLE old RENAME TO pending;
      CREATE VIEW pending_updates AS SELECT * FROM pending;
      UPDATE meta SET value = 2 WHERE name = 'schema_version';
    )sql");
  }
  open();
  EXPECT_EQ(queue_->find("a_1")->attempts, 1);
  EXPECT_EQ(queue_->find("b_1")->attempts, 1);
  sqlite::Database reader(path_, sqlite::OpenMode::read_only);
  EXPECT_EQ(reader.integer("SELECT count(*) FROM pending_updates WHERE status = 'dead'"), 1);
  EXPECT_EQ(reader.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'pending'"
                           " AND sql LIKE '%state_is_known%' AND sql NOT LIKE '% IN (%'"),
            1);
}

// Version 3 knew nothing of retention.
TEST_F(QueueTest, AFileOfVersion3CanForgetWhatIsOld) {
  put({"a", 1});
  settle(claim(), Outcome::completed);
  queue_.reset();
  {
    sqlite::Database file(path_, sqlite::OpenMode::create);
    file.run(
        "DROP TABLE kept_events; DROP TABLE cut_requests;"
        "UPDATE meta SET value = 3 WHERE name = 'schema_version'");
  }
  open();
  RetentionLimits limits;
  limits.exported_only = false;
  limits.older_than_us = -1;
  EXPECT_EQ(queue_->retain(limits).erased, 1);
}

TEST(ForeignFile, IsRefused) {
  TempDir directory;
  SqliteQueueOptions options;
  options.path = directory.file("foreign.db");
  {
    sqlite::Database database(options.path, sqlite::OpenMode::create);
    database.run("CREATE TABLE other (x)");
  }
  try {
    open_sqlite_queue(options);
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreErrorKind::schema);
  }
}

}  // namespace
}  // namespace cxrelay::testing
