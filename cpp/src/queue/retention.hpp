// Retention of the journal's rows (docs/queue.md, "Retention"): first the payloads of what is old and done go, then whole
// rows, far behind. Both in short transactions, so that nobody waits long and the log stays short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "cxrelay/clock.hpp"
#include "cxrelay/queue.hpp"
#include "queue/retention_place.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// When rows are deleted, SQLite moves their neighbours together and leaves copies of them in the free space of pages,
// which no later erasure finds. So there is a moat: rows are deleted only so far behind the last row that may have a
// payload that whatever is moved has none.
inline constexpr std::int64_t kMoatRows = 1000;

// One call of Queue::retain().
class Retention {
 public:
  // Rows of one transaction.
  static constexpr std::size_t kStepRows = 500;

  Retention(const RetentionLimits& limits, std::int64_t now_us, std::int64_t moat_rows = kMoatRows)
      : limits_(limits), old_before_us_(now_us - limits.older_than_us), moat_rows_(moat_rows) {}

  // Before anybody has to wait: is there something to do, and which interactions still need their payloads?
  void look(sqlite::Database& reader);
  bool is_done() const noexcept { return phase_ == Phase::done; }
  // A part of the work, inside a write transaction.
  void step(sqlite::Database& writer);
  // After its commit, with the lock that keeps other writing processes out. Does not throw.
  void committed(sqlite::Database& writer);
  // All of it within the limits: `commit_step` runs step() in a transaction. Pauses in between for as long as a step
  // took, so that whoever waits for the file gets it.
  void run(Clock& clock, const std::function<void()>& commit_step);

  const Retained& done() const noexcept { return done_; }

 private:
  enum class Phase { freed, erase, remove, done };
  enum class LogRelief { none, copy_back, start_again };

  // A row as the first phase sees it.
  struct Row {
    std::int64_t seq = 0;
    bool is_young = false;
    bool has_payload = false;  // or would be sent without one
    std::uint64_t interaction = 0;
  };

  std::vector<Row> read_rows(sqlite::Database& database, std::int64_t after, std::int64_t until);
  void read_needed(sqlite::Database& reader);
  void read_freed(sqlite::Database& reader);
  void count_only(sqlite::Database& reader, RetentionPlace place);
  bool is_needed(std::uint64_t interaction) const { return needed_.contains(interaction); }

  void relieve_log(sqlite::Database& writer);
  void erase_freed(sqlite::Database& writer);
  void erase_old(sqlite::Database& writer);
  void remove_old(sqlite::Database& writer);
  // What it left is from the returned seq on.
  std::int64_t remove_rows(sqlite::Database& writer, std::int64_t first_seq, std::int64_t until);
  // The first row that must stay, be it for the moat.
  std::int64_t removable_until(const RetentionPlace& place) const;
  // Where the first phase stands at `seq`, if there is nothing young before.
  RetentionEnd end_at(std::int64_t seq) const;
  void tell(const RetentionPlace& place);

  RetentionLimits limits_;
  std::int64_t old_before_us_;
  std::int64_t moat_rows_;
  Phase phase_ = Phase::done;
  LogRelief relief_ = LogRelief::none;
  std::int64_t last_seq_ = 0;  // of the journal
  std::int64_t mark_ = 0;      // exported, or as good as
  std::int64_t horizon_ = 0;   // the first phase goes no further in this call
  // Interactions with an update that is not done: their payloads are needed, to be sent or to be left out of what is
  // sent late. What is done stays done, so this may be as old as the call.
  std::unordered_set<std::uint64_t> needed_;
  std::vector<std::int64_t> freed_;  // kept events that are needed no more, the oldest last
  std::string
      problem_;  // why nothing more is deleted. Not thrown in a step: others share its transaction
  Retained done_;
};

// Every statement of the above on a table that may be large, for a test of how SQLite carries it out.
std::span<const char* const> retention_statements();

}  // namespace cxrelay::queue
