#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <optional>
#include <random>

#include "queue_test.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::testing {
namespace {

constexpr const char* kCanary = "Canary-4711";
constexpr const char* kTheirs = R"({"attributes":{"phone":"Canary-4711"}})";

class ForgetTest : public QueueTest {
 protected:
  ErasedEvents forget(std::string_view interaction = "p") {
    return queue_->forget(interaction, "alice");
  }

  // The files of the queue's folder that hold the text. Another process looks: to close a file here would drop the
  // locks that SQLite has on it.
  std::vector<std::string> files_with(const std::string& text) const {
    const auto folder = std::filesystem::path(path_).parent_path().string();
    FILE* found = ::popen(("grep -rlF '" + text + "' " + folder).c_str(), "r");
    std::vector<std::string> names;
    std::array<char, 4096> line;
    while (std::fgets(line.data(), line.size(), found) != nullptr) names.emplace_back(line.data());
    ::pclose(found);
    return names;
  }

  State state_of(std::string_view key) { return queue_->find(key)->state; }
};

TEST_F(ForgetTest, ErasesPayloadsAndKeepsTheRecord) {
  put({"p", 1, kTheirs});
  put({"q", 2});
  ASSERT_FALSE(files_with(kCanary).empty());
  const auto done = forget();
  EXPECT_EQ(done.events, std::vector<std::int64_t>{1});
  EXPECT_EQ(done.erased, std::vector<std::int64_t>{1});
  EXPECT_EQ(done.ended, 1);
  EXPECT_EQ(done.record_seq, 3);
  EXPECT_TRUE(done.log_emptied);
  EXPECT_EQ(files_with(kCanary), std::vector<std::string>{});

  const auto records = queue_->audit_source().read(0, 10);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_FALSE(records[0].original || records[0].mapped);
  EXPECT_TRUE(records[0].original_digest && records[0].mapped_digest);
  EXPECT_EQ(records[0].salt, (std::array<std::byte, 16>{}));
  EXPECT_TRUE(records[1].original && records[1].mapped);
  EXPECT_EQ(records[2].action, "erased");
  EXPECT_EQ(records[2].interaction_id, "p");
  EXPECT_EQ(records[2].detail, R"({"by":"alice","updates":[1]})");
}

TEST_F(ForgetTest, WhatWaitsIsDeadForGood) {
  put({"p", 1, kTheirs});
  settle(claim(), Outcome::dead);
  put({"p", 2, kTheirs});
  settle(claim(), Outcome::parked);
  put({"p", 3, kTheirs});
  settle(claim(), Outcome::retry, 60);
  put({"p", 4, kTheirs});
  EXPECT_EQ(forget().ended, 4);
  for (const auto* key : {"p_1", "p_2", "p_3", "p_4"}) {
    const auto update = queue_->find(key);
    EXPECT_EQ(update->state, State::dead) << key;
    EXPECT_EQ(update->last_error, "erased by an operator");
    EXPECT_TRUE(update->erased);
    EXPECT_EQ(update->mapped, "");
  }
  clock_->advance_ms(120'000);
  EXPECT_TRUE(claim().updates.empty());
  EXPECT_EQ(queue_->revive({}, "bob"), 0);
  EXPECT_EQ(queue_->list({.erased = false}).size(), 0U);
  EXPECT_EQ(queue_->list({.erased = true}).size(), 4U);
}

TEST_F(ForgetTest, AnErasedUpdateDoesNotUseUpTheLimitOfARevival) {
  put({"p", 1});
  put({"q", 2});
  settle(claim(), Outcome::dead);
  forget();
  EXPECT_EQ(queue_->revive({.limit = 1}, "bob"), 1);
  EXPECT_EQ(keys(claim()), Keys{"q_2"});
}

TEST_F(ForgetTest, WhatIsDoneStaysDone) {
  put({"p", 2, kTheirs});
  settle(claim(), Outcome::completed);
  put({"p", 1, kTheirs});  // late: nothing is left of it
  EXPECT_TRUE(claim().updates.empty());
  put({"p", 3, ""});  // nothing to write
  ASSERT_EQ(state_of("p_1"), State::superseded);
  const auto done = forget();
  EXPECT_EQ(done.erased.size(), 3U);
  EXPECT_EQ(done.ended, 0);
  EXPECT_EQ(state_of("p_1"), State::superseded);
  EXPECT_EQ(state_of("p_2"), State::completed);
  EXPECT_TRUE(queue_->find("p_3")->erased);
  EXPECT_EQ(files_with(kCanary), std::vector<std::string>{});
}

TEST_F(ForgetTest, WaitsForWhatIsInFlight) {
  put({"p", 1, kTheirs});
  put({"q", 2});
  const auto open = claim();
  const auto before = queue_->stats().journal_records;
  std::optional<StoreErrorKind> refused;
  try {
    forget();
  } catch (const StoreError& error) {
    refused = error.kind();
  }
  EXPECT_EQ(refused, StoreErrorKind::busy);
  EXPECT_EQ(queue_->stats().journal_records, before);
  EXPECT_EQ(queue_->find("p_1")->mapped, kTheirs);
  settle(open, Outcome::retry);
  EXPECT_EQ(forget().ended, 1);
  EXPECT_EQ(keys(claim()), Keys{"q_2"});
}

TEST_F(ForgetTest, AMergedItemGoesWhole) {
  put({"p", 1, R"({"attributes":{"a":"Canary-4711"}})"});
  put({"p", 2, R"({"attributes":{"b":"Canary-4711"}})"});
  const auto merged = claim();
  ASSERT_EQ(merged.updates.front().merged.size(), 1U);
  settle(merged, Outcome::retry, 5);
  EXPECT_EQ(forget().ended, 2);
  EXPECT_EQ(files_with(kCanary), std::vector<std::string>{});
  clock_->advance_ms(10'000);
  EXPECT_TRUE(claim().updates.empty());
}

TEST_F(ForgetTest, TheDelivererOfAnotherHandleNoticesIt) {
  put({"p", 1, kTheirs});
  put({"q", 2});
  settle(claim(), Outcome::retry);  // both are in the memory of this deliverer
  const auto other = open_queue();
  EXPECT_EQ(other->forget("p", "alice").ended, 1);
  EXPECT_EQ(keys(claim()), Keys{"q_2"});
}

TEST_F(ForgetTest, TheEventIsStillADuplicate) {
  put({"p", 1, kTheirs});
  forget();
  const auto again = put({"p", 1, kTheirs});
  EXPECT_EQ(again.status, PutStatus::duplicate);
  EXPECT_EQ(again.seq, 1);
  EXPECT_EQ(files_with(kCanary), std::vector<std::string>{});
}

TEST_F(ForgetTest, IsDoneOnce) {
  put({"p", 1, kTheirs});
  forget();
  const auto again = forget();
  EXPECT_EQ(again.events, std::vector<std::int64_t>{1});
  EXPECT_TRUE(again.erased.empty());
  EXPECT_EQ(again.record_seq, 0);
  EXPECT_EQ(queue_->stats().journal_records, 2);
  EXPECT_TRUE(forget("nobody").events.empty());
  EXPECT_EQ(queue_->stats().journal_records, 2);
}

TEST_F(ForgetTest, AReaderKeepsTheLogAndARepetitionEmptiesIt) {
  put({"p", 1, kTheirs});
  {
    sqlite::Database reader(path_, sqlite::OpenMode::read_only);
    reader.run("BEGIN");
    reader.integer("SELECT count(*) FROM journal");
    EXPECT_FALSE(forget().log_emptied);
    EXPECT_FALSE(files_with(kCanary).empty());
    reader.run("COMMIT");
  }
  EXPECT_TRUE(forget().log_emptied);
  EXPECT_EQ(files_with(kCanary), std::vector<std::string>{});
}

// Small rows above all, among large ones: erasing them must not move their neighbours, whose copies would stay.
TEST_F(ForgetTest, NothingIsLeftInThePagesOfMany) {
  constexpr std::size_t kPeople = 120;
  std::mt19937 dice(2);
  std::vector<Event> events;
  for (int i = 0; i < 1500; ++i) {
    const std::size_t person = dice() % kPeople;
    const std::string mark = "Canary-" + std::to_string(100 + person) + ".";
    Event event{"person" + std::to_string(person), i, mark, mark};
    if (dice() % 9 == 0) event.original += std::string(3000, 'o');
    events.push_back(event);
  }
  put_all(events);
  std::vector<std::size_t> people(kPeople);
  std::iota(people.begin(), people.end(), 0U);
  std::ranges::shuffle(people, dice);
  for (const std::size_t person : people) {
    ASSERT_TRUE(forget("person" + std::to_string(person)).log_emptied);
    ASSERT_EQ(files_with("Canary-" + std::to_string(100 + person) + "."),
              std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace cxrelay::testing
