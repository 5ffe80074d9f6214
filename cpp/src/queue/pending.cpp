#include "queue/pending.hpp"

#include "sqlite/function.hpp"

namespace cxrelay::queue {
namespace {

constexpr const char* kEntryColumns = "seq, interaction, event_time_us, next_at_us, attempts, item";

std::string select(const char* rest) {
  return std::string("SELECT ") + kEntryColumns + " FROM pending " + rest;
}

Entry read_entry(const sqlite::Statement& row) {
  Entry entry;
  entry.seq = row.integer(0);
  entry.interaction = static_cast<std::uint64_t>(row.integer(1));
  entry.event_time_us = row.integer(2);
  entry.next_at_us = row.integer(3);
  entry.attempts = static_cast<int>(row.integer(4));
  entry.item = row.integer(5);
  return entry;
}

std::vector<Entry> read_all(sqlite::Statement& rows) {
  std::vector<Entry> out;
  while (rows.step()) out.push_back(read_entry(rows));
  rows.reset();
  return out;
}

void bind_error(sqlite::Statement& statement, int index, std::string_view error) {
  if (error.empty()) {
    statement.bind_null(index);
  } else {
    statement.bind(index, error);
  }
}

std::int64_t stored_hash(std::string_view interaction_id) {
  return static_cast<std::int64_t>(interaction_hash(interaction_id));
}

sqlite::Database& with_hash(sqlite::Database& database) {
  sqlite::add_function(database, "interaction_hash", &stored_hash);
  return database;
}

}  // namespace

std::uint64_t interaction_hash(std::string_view interaction_id) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : interaction_id) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}

Pending::Pending(sqlite::Database& database)
    : insert_accepted_(with_hash(database),
                       "INSERT INTO pending (state, next_at_us, seq, interaction, event_time_us,"
                       " attempts) SELECT 'pending', 0, seq, interaction_hash(interaction_id),"
                       " event_time_us, 0 FROM journal WHERE seq > ?1 AND action = 'accepted'"),
      insert_(database,
              "INSERT INTO pending (state, next_at_us, seq, interaction, event_time_us, attempts,"
              " revived_us, last_error, item) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
              " nullif(?9, 0))"),
      remove_(database, "DELETE FROM pending WHERE state = ?1 AND next_at_us = ?2 AND seq = ?3"),
      move_(database,
            "UPDATE pending SET state = ?4, next_at_us = ?5, attempts = ?6, last_error = ?7,"
            " item = nullif(?8, 0)"
            " WHERE state = ?1 AND next_at_us = ?2 AND seq = ?3"),
      fresh_(database, select("WHERE state = 'pending' AND next_at_us = 0 AND seq > ?1"
                              " ORDER BY seq LIMIT ?2")),
      tried_(database,
             select("WHERE state = 'pending' AND next_at_us > 0 ORDER BY next_at_us, seq")),
      find_(database, select("WHERE state = 'pending' AND next_at_us = ?1 AND seq = ?2")),
      given_up_(database,
                "SELECT 1 FROM pending WHERE state IN ('dead', 'parked') AND next_at_us = 0"
                " AND seq = ?1"),
      revived_(database,
               "SELECT revived_us FROM pending WHERE state = 'pending' AND next_at_us = ?1"
               " AND seq = ?2") {}

void Pending::insert_accepted_after(std::int64_t seq) {
  insert_accepted_.reset().bind(1, seq);
  insert_accepted_.run();
}

void Pending::insert(State state, const Entry& entry, std::optional<std::int64_t> revived_us,
                     std::string_view last_error) {
  insert_.reset()
      .bind(1, to_text(state))
      .bind(2, entry.next_at_us)
      .bind(3, entry.seq)
      .bind(4, static_cast<std::int64_t>(entry.interaction))
      .bind(5, entry.event_time_us)
      .bind(6, std::int64_t{entry.attempts})
      .bind(7, revived_us);
  bind_error(insert_, 8, last_error);
  insert_.bind(9, entry.item);
  insert_.run();
}

void Pending::remove(State state, const Entry& entry) {
  remove_.reset().bind(1, to_text(state)).bind(2, entry.next_at_us).bind(3, entry.seq);
  remove_.run();
}

void Pending::move(const Entry& before, State state, const Entry& after,
                   std::string_view last_error) {
  move_.reset()
      .bind(1, to_text(State::pending))
      .bind(2, before.next_at_us)
      .bind(3, before.seq)
      .bind(4, to_text(state))
      .bind(5, after.next_at_us)
      .bind(6, std::int64_t{after.attempts});
  bind_error(move_, 7, last_error);
  move_.bind(8, after.item);
  move_.run();
}

std::vector<Entry> Pending::fresh_after(std::int64_t seq, std::size_t limit) {
  fresh_.reset().bind(1, seq).bind(2, static_cast<std::int64_t>(limit));
  return read_all(fresh_);
}

bool Pending::any_fresh_after(std::int64_t seq) {
  fresh_.reset().bind(1, seq).bind(2, std::int64_t{1});
  const bool any = fresh_.step();
  fresh_.reset();
  return any;
}

std::vector<Entry> Pending::tried() {
  tried_.reset();
  return read_all(tried_);
}

std::optional<Entry> Pending::find(std::int64_t seq, std::int64_t next_at_us) {
  find_.reset().bind(1, next_at_us).bind(2, seq);
  std::optional<Entry> entry;
  if (find_.step()) entry = read_entry(find_);
  find_.reset();
  return entry;
}

bool Pending::is_given_up(std::int64_t seq) {
  given_up_.reset().bind(1, seq);
  const bool found = given_up_.step();
  given_up_.reset();
  return found;
}

std::optional<std::int64_t> Pending::revived_us(const Entry& entry) {
  revived_.reset().bind(1, entry.next_at_us).bind(2, entry.seq);
  std::optional<std::int64_t> time;
  if (revived_.step() && !revived_.is_null(0)) time = revived_.integer(0);
  revived_.reset();
  return time;
}

}  // namespace cxrelay::queue
