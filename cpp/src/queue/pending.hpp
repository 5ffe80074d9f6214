// Statements on the narrow table of updates that are not done.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cxrelay/queue.hpp"
#include "queue/waiting.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {

// A stable 64-bit hash (FNV-1a) of an interaction id, stored in the file. Equal hashes of different ids are
// possible: they only make two interactions wait for each other.
std::uint64_t interaction_hash(std::string_view interaction_id);

// next_at_us of what was sent before and may be sent at once. 0 is that of what was never sent, which the deliverer
// reads in windows, and which nothing holds together.
inline constexpr std::int64_t kAtOnce = 1;

class Pending {
 public:
  explicit Pending(sqlite::Database& database);

  // The events accepted after `seq` wait from now on. One statement for all: one for each takes twice as long.
  void insert_accepted_after(std::int64_t seq);
  void insert(State state, const Entry& entry, std::optional<std::int64_t> revived_us = {},
              std::string_view last_error = {});
  // Removes the row (state, entry.next_at_us, entry.seq).
  void remove(State state, const Entry& entry);
  // Takes the row of `before` to another state, time and item; keeps when it was revived.
  void move(const Entry& before, State state, const Entry& after, std::string_view last_error);

  // Untried updates after `seq`, oldest first.
  std::vector<Entry> fresh_after(std::int64_t seq, std::size_t limit);
  bool any_fresh_after(std::int64_t seq);
  // Updates that were sent before, or put off: next_at_us > 0.
  std::vector<Entry> tried();
  // The waiting row (seq, next_at_us), if it is there.
  std::optional<Entry> find(std::int64_t seq, std::int64_t next_at_us);
  // Whether the update is dead or parked: it was accepted, but is not delivered.
  bool is_given_up(std::int64_t seq);
  std::optional<std::int64_t> revived_us(const Entry& entry);

 private:
  sqlite::Statement insert_accepted_;
  sqlite::Statement insert_;
  sqlite::Statement remove_;
  sqlite::Statement move_;
  sqlite::Statement fresh_;
  sqlite::Statement tried_;
  sqlite::Statement find_;
  sqlite::Statement given_up_;
  sqlite::Statement revived_;
};

}  // namespace cxrelay::queue
