// Appending to the journal: the chain's head, the insert statement, the counters beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/chain.hpp"
#include "base/digest.hpp"
#include "cxrelay/queue.hpp"
#include "queue/journal_rows.hpp"
#include "queue/new_record.hpp"
#include "queue/recent_events.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {

// Counters live in `meta`, so that statistics need no scan; `check` compares them with the journal.
struct Counters {
  std::int64_t accepted = 0;
  std::int64_t empty = 0;
  std::int64_t rejected = 0;
  std::int64_t completed = 0;
  std::int64_t superseded = 0;
  std::int64_t requests = 0;
  std::int64_t attempts = 0;
};

// Used by one thread at a time, inside a write transaction that begin() was called in.
class Journal {
 public:
  explicit Journal(sqlite::Database& database);

  // Reads the head of the chain: another process may have appended since.
  void begin(std::int64_t now_us);
  std::int64_t seq() const noexcept { return seq_; }  // of the last record
  // Whether nothing was appended since begin().
  bool is_unchanged() const noexcept { return seq_ == first_seq_; }
  // Appends and returns the record's sequence number.
  std::int64_t append(const NewRecord& record);
  // The same, but the row may be written later, by write_rows() or with one that follows. Until then what the record's
  // views and pointers lead to must stay, and the row is missing for whoever reads the table.
  std::int64_t append_later(const NewRecord& record);
  void write_rows() { rows_.write(); }
  std::int64_t time_us() const noexcept { return time_us_; }

  // Changes to the counters; written by finish().
  Counters& counters() noexcept { return counters_; }
  // Writes what begin() left open. To be called before the commit.
  void finish();
  // The transaction was not committed, or nobody knows.
  void rolled_back() noexcept { recent_is_known_ = false; }

  // Another event with this identity: its sequence number and fingerprint.
  struct Known {
    std::int64_t seq = 0;
    bool same_fingerprint = false;
  };
  std::optional<Known> find(std::int64_t event_time_us, std::string_view interaction_id,
                            const Fingerprint& fingerprint);
  std::string key_of(std::int64_t seq);

 private:
  static constexpr std::size_t kRecentEvents = 32'768;

  bool is_surely_new(std::int64_t event_time_us, std::string_view interaction_id);
  std::int64_t newest_event_us();
  void add_counter(std::string_view name, std::int64_t delta);

  sqlite::Statement head_;
  sqlite::Statement newest_;
  sqlite::Statement find_;
  sqlite::Statement key_;
  sqlite::Statement add_;
  JournalRows rows_;
  Sha256 hasher_;
  std::int64_t first_seq_ = 0;  // the last record before begin()
  std::int64_t seq_ = 0;
  std::int64_t time_us_ = 0;
  Digest hash_{};
  RecentEvents recent_{kRecentEvents};
  bool recent_is_known_ = false;  // else it has to be restarted before it is asked
  Counters counters_;
};

}  // namespace cxrelay::queue
