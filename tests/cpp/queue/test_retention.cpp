// Retention in a queue file: how SQLite does it, and what it leaves behind. What it does for whoever uses a queue is in
// the conformance suite.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <random>
#include <set>
#include <thread>

#include "cxrelay/forget.hpp"
#include "queue/retention.hpp"
#include "queue_test.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::testing {
namespace {

constexpr std::int64_t kDayUs = 24 * 3'600'000'000;

class RetentionTest : public QueueTest {
 protected:
  // All are done, exported and old.
  void live_through(const std::vector<Event>& events) {
    for (std::size_t i = 0; i < events.size(); i += 500) {
      const auto end = std::min(events.size(), i + 500);
      put_all({events.begin() + static_cast<std::ptrdiff_t>(i),
               events.begin() + static_cast<std::ptrdiff_t>(end)});
      for (auto one = claim(100); !one.updates.empty(); one = claim(100)) {
        settle(one, Outcome::completed);
      }
    }
    queue_->audit_source().set_exported(queue_->stats().journal_records);
    clock_->advance_us(8 * kDayUs);
  }
  static std::vector<Event> many(int count) {
    std::vector<Event> events;
    events.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) events.push_back({"i" + std::to_string(i), i});
    return events;
  }
};

// The plan of every statement: a search by a key, never the whole of a table that may be large.
TEST_F(RetentionTest, NoStatementReadsAWholeTable) {
  sqlite::Database reader(path_, sqlite::OpenMode::read_only);
  for (const char* sql : queue::retention_statements()) {
    sqlite::Statement plan(reader, std::string("EXPLAIN QUERY PLAN ") + sql);
    int steps = 0;
    for (; plan.step(); ++steps) {
      const std::string detail(plan.text(3));
      const bool is_first_row =
          sql == std::string("SELECT seq FROM journal ORDER BY seq DESC LIMIT 1");
      EXPECT_TRUE(is_first_row || detail.starts_with("SEARCH")) << sql << ": " << detail;
    }
    EXPECT_GT(steps, 0) << sql;
  }
}

TEST_F(RetentionTest, ALogThatCannotStartAgainEndsTheCall) {
  std::vector<Event> events = many(2500);
  for (Event& event : events) event.original = std::string(20'000, 'o');
  live_through(events);
  sqlite::Database reader(path_, sqlite::OpenMode::read_only);
  reader.run("BEGIN");
  reader.integer("SELECT count(*) FROM journal");
  RetentionLimits limits;
  const auto stopped = queue_->retain(limits);
  EXPECT_EQ(stopped.end, RetentionEnd::log);
  EXPECT_LT(stopped.erased, 2500);
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 64U << 20);
  reader.run("COMMIT");
  const auto done = queue_->retain(limits);
  EXPECT_EQ(done.end, RetentionEnd::age);
  EXPECT_EQ(stopped.erased + done.erased, 2500);
  EXPECT_GT(done.deleted, 0);
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 64U << 20);
}

TEST_F(RetentionTest, LongRecordsTakeMoreSteps) {
  const std::string reason(8000, 'r');
  const std::vector<Reject> rejects(500, Reject{"{", reason});
  for (int minute = 0; minute < 4; ++minute) {
    queue_->put_rejects(rejects);
    clock_->advance_ms(60'000);
  }
  live_through(many(1));
  const auto done = queue_->retain({});
  EXPECT_EQ(done.end, RetentionEnd::age);
  EXPECT_EQ(done.erased_until_seq, 2003);
  EXPECT_EQ(done.deleted, 1003);
  EXPECT_EQ(queue_->stats().rejected, 2000);
}

// Each works on what it saw at its beginning, and on the place where the other has come to since.
TEST_F(RetentionTest, TwoAtOnceAndAPutInBetween) {
  live_through(many(3000));
  const auto other = open_queue();
  RetentionLimits limits;
  Retained theirs;
  std::thread thread([&] { theirs = other->retain(limits); });
  const auto ours = queue_->retain(limits);
  for (int i = 0; i < 50; ++i) put({"new", i});
  thread.join();
  EXPECT_EQ(ours.erased + theirs.erased, 3000);
  const auto last = queue_->retain(limits);
  EXPECT_EQ(last.deleted, 0);
  EXPECT_EQ(ours.deleted + theirs.deleted, last.first_seq - 1);
  EXPECT_EQ(last.first_seq, last.erased_until_seq + 1 - queue::kMoatRows);
}

TEST_F(RetentionTest, AnExportGoesOnAndOneThatFellBehindIsRefused) {
  live_through(many(1500));
  const ExportOptions behind{.path = directory_.file("behind.log")};
  const ExportOptions options{.path = directory_.file("audit.log")};
  const auto exported = export_audit(queue_->audit_source(), options).records;
  EXPECT_GT(queue_->retain({}).deleted, 500);
  put({"new", 1});
  EXPECT_EQ(export_audit(queue_->audit_source(), options).records, 1);
  EXPECT_EQ(verify_audit(options.path).records, exported + 1);
  try {
    export_audit(queue_->audit_source(), behind);
    FAIL();
  } catch (const AuditError& error) {
    EXPECT_NE(std::string(error.what()).find("the journal does not have them any more"),
              std::string::npos)
        << error.what();
  }
}

// The journal has no payload of theirs any more, or not even their events; the exported trail has.
TEST_F(RetentionTest, ForgettingGoesOnInTheExportedTrailAndIsRecorded) {
  live_through(many(1500));
  const ExportOptions options{.path = directory_.file("audit.log"), .max_segment_bytes = 100'000};
  export_audit(queue_->audit_source(), options);
  const auto first = queue_->retain({}).first_seq;
  ASSERT_GT(first, 400);
  for (const std::string id : {"i5", "i1400"}) {
    SCOPED_TRACE(id);
    const auto known = id == "i5" ? std::vector<std::int64_t>{}
                                  : std::vector<std::int64_t>{queue_->find(id + "_1400")->seq};
    const auto records = queue_->stats().journal_records;
    const auto done = forget_interaction(*queue_, options.path, id, "alice");
    EXPECT_EQ(done.journal.events, known);
    EXPECT_TRUE(done.journal.erased.empty());
    EXPECT_EQ(done.exported.rewritten.size(), 1U);
    EXPECT_TRUE(done.exported.unseen.empty());
    EXPECT_EQ(done.journal.record_seq, records + 1);
    const auto record = queue_->audit_source().read(records, 1).front();
    EXPECT_EQ(record.action, "erased");
    EXPECT_EQ(record.interaction_id, id);
    const auto again = forget_interaction(*queue_, options.path, id, "alice");
    EXPECT_TRUE(again.exported.rewritten.empty());
    EXPECT_EQ(again.journal.record_seq, 0);
    EXPECT_EQ(queue_->stats().journal_records, records + 1);
  }
  // A segment of the time that nobody remembers is carried away.
  const auto segments =
      std::filesystem::directory_iterator(std::filesystem::path(options.path).parent_path());
  for (const auto& entry : segments) {
    if (entry.path().filename().string().starts_with("audit.000000000001-")) {
      std::filesystem::remove(entry.path());
    }
  }
  const auto done = forget_interaction(*queue_, options.path, "i6", "alice");
  ASSERT_EQ(done.exported.unseen.size(), 1U);
  EXPECT_EQ(done.exported.unseen.front().first, 1);
  EXPECT_EQ(done.journal.record_seq, 0);  // nothing was erased
}

TEST_F(RetentionTest, RecordsThatContradictEachOtherAreNotDeleted) {
  live_through(many(1500));
  {
    sqlite::Database writer(path_, sqlite::OpenMode::create);
    writer.run("UPDATE journal SET request_id = 'another' WHERE action = 'finished' AND seq < 600");
  }
  for (int round = 0; round < 2; ++round) {
    try {
      queue_->retain({});
      FAIL();
    } catch (const StoreError& error) {
      EXPECT_EQ(error.kind(), StoreErrorKind::corrupt);
    }
  }
  EXPECT_EQ(queue_->stats().first_seq, 501);  // the step before this one held
  {
    sqlite::Database writer(path_, sqlite::OpenMode::create);
    writer.run(
        "UPDATE journal SET request_id = (SELECT s.request_id FROM journal s WHERE s.seq = "
        "journal.seq - 1)"
        " WHERE request_id = 'another'");
  }
  EXPECT_GT(queue_->retain({}).deleted, 0);
}

TEST_F(RetentionTest, CheckNoticesPayloadsThatWereForgotten) {
  live_through(many(3));
  queue_->retain({});
  ASSERT_TRUE(queue_->check().ok);
  sqlite::Database writer(path_, sqlite::OpenMode::create);
  writer.run("UPDATE journal SET original = 'x' WHERE seq = 2");
  EXPECT_EQ(queue_->check().problems.back(), "record 2 has payloads that nobody needs");
  writer.run("UPDATE journal SET original = NULL WHERE seq = 2");
}

// Teeth of the carried totals: check misses what is missing.
TEST_F(RetentionTest, CheckNoticesWrongTotals) {
  live_through(many(1500));
  ASSERT_GT(queue_->retain({}).deleted, 0);
  ASSERT_TRUE(queue_->check().ok);
  sqlite::Database writer(path_, sqlite::OpenMode::create);
  for (const std::string name : {"accepted", "completed", "requests", "attempts", "dead"}) {
    const auto change = [&](int delta) {
      writer.run(("INSERT INTO meta VALUES ('deleted_" + name + "', " + std::to_string(delta) +
                  ") ON CONFLICT (name) DO UPDATE SET value = value + " + std::to_string(delta))
                     .c_str());
    };
    change(1);
    EXPECT_FALSE(queue_->check().ok) << name;
    change(-1);
  }
  ASSERT_TRUE(queue_->check().ok);
  for (const int delta : {-1, 1}) {
    const auto change =
        "UPDATE meta SET value = value + " + std::to_string(delta) + " WHERE name = 'first_seq'";
    writer.run(change.c_str());
    EXPECT_EQ(queue_->check().ok, delta == 1) << delta;
  }
}

// ---- bytes ----------------------------------------------------------------------------------------------

// People, each with a mark of his own in both payloads, of many sizes.
class RetentionBytesTest : public RetentionTest {
 protected:
  static constexpr int kPeople = 3000;

  static std::string person(int number) { return "person" + std::to_string(10'000 + number); }

  void live_through_people() {
    std::mt19937 dice(7);
    std::vector<Event> events;
    for (int i = 0; i < kPeople; ++i) {
      const std::string mark = "Canary-" + std::to_string(10'000 + i) + ".";
      Event event{person(i), i, mark, mark};
      event.original += std::string(dice() % 400, 'o');
      if (dice() % 40 == 0) event.original += std::string(6000, 'o');
      events.push_back(event);
    }
    live_through(events);
  }

  void retain(std::size_t rows, std::int64_t moat) {
    RetentionLimits limits;
    limits.max_rows = rows;
    sqlite::Database database(path_, sqlite::OpenMode::create);
    queue::Retention retention(limits, clock_->wall_us(), moat);
    retention.look(database);
    retention.run(*clock_, [&] {
      sqlite::Transaction transaction(database);
      retention.step(database);
      transaction.commit();
      retention.committed(database);
    });
  }

  // Of the events that are found in the files of the folder. Another process looks.
  std::set<int> found_people() const {
    const auto folder = std::filesystem::path(path_).parent_path().string();
    FILE* lines = ::popen(("grep -rhaoE 'Canary-[0-9]+' " + folder).c_str(), "r");
    std::set<int> found;
    std::array<char, 64> line;
    while (std::fgets(line.data(), line.size(), lines) != nullptr) {
      found.insert(std::stoi(line.data() + 7) - 10'000);
    }
    ::pclose(lines);
    return found;
  }
  // Of those with a payload in the journal.
  std::set<int> stored_people() const {
    sqlite::Database reader(path_, sqlite::OpenMode::read_only);
    sqlite::Statement rows(reader,
                           "SELECT event_time_us / 1000000 FROM journal WHERE mapped IS NOT NULL");
    std::set<int> stored;
    while (rows.step()) stored.insert(static_cast<int>(rows.integer(0)));
    return stored;
  }

  // Retention in pieces, and after each the two people next to it are forgotten. Those whose payloads are still found
  // somewhere although no row has them.
  std::set<int> left_behind(std::int64_t moat) {
    live_through_people();
    std::set<int> left;
    for (int done = 0; done < kPeople; done += 61) {
      retain(61, moat);
      const auto stored = stored_people();
      int next = stored.empty() ? kPeople : *stored.begin();
      for (int i = next; i < std::min(next + 2, kPeople); ++i) queue_->forget(person(i), "alice");
      if (next == kPeople) queue_->forget("nobody", "alice");  // empties the log
      const auto allowed = stored_people();
      std::ranges::set_difference(found_people(), allowed, std::inserter(left, left.end()));
    }
    return left;
  }
};

TEST_F(RetentionBytesTest, NothingIsLeftBehindTheMoat) {
  EXPECT_EQ(left_behind(queue::kMoatRows), std::set<int>{});
  EXPECT_GT(queue_->stats().first_seq, 1500);
}

// Teeth: without the moat, deleting rows leaves copies of their neighbours, and the search finds them.
TEST_F(RetentionBytesTest, WithoutAMoatSomethingIs) { EXPECT_FALSE(left_behind(0).empty()); }

}  // namespace
}  // namespace cxrelay::testing
