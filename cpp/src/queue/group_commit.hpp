// Natural group commit: callers that come while a commit runs wait together and go into the next one.
//
// There is no writer thread: the first caller in line leads, runs the whole group in one transaction, and answers
// the others after the one fsync. So a lone caller pays no hand-over, and an idle queue has no thread and no timer.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

#include "base/file.hpp"
#include "queue/checkpoint_pace.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Work for one transaction. An exception of work that has written nothing by then fails only this work; any other, and
// each StoreError, fails the group, because half of a work must not be stored.
class Work {
 public:
  // `after` runs once the group is committed, before anybody is answered and with the lock that keeps other writing
  // processes out. It must not throw.
  Work(std::function<void()> apply, std::size_t rows, std::size_t bytes,
       std::function<void()> after = {})
      : apply_(std::move(apply)), after_(std::move(after)), rows_(rows), bytes_(bytes) {}

 private:
  friend class GroupCommit;
  std::function<void()> apply_;
  std::function<void()> after_;
  std::size_t rows_;
  std::size_t bytes_;
  bool done_ = false;
  std::exception_ptr error_;
  std::condition_variable turn_;
};

class GroupCommit {
 public:
  struct Hooks {
    std::function<void()> begin;   // in the transaction, before the first work
    std::function<void()> finish;  // in the transaction, after the last
    std::function<void()>
        committed;  // after it, before anybody is answered; what it throws fails the group
    std::function<void()> rolled_back;  // nothing of the group was stored, or that is unknown
  };
  struct Limits {
    std::size_t max_rows;
    std::size_t max_bytes;
  };

  // `lock_path`: a sidecar that every writing process locks around its transactions and checkpoints. It keeps
  // writers in a fair line and away from the race of SQLite before 3.51.3 between a commit and a checkpoint.
  GroupCommit(sqlite::Database& database, const std::string& lock_path, Limits limits, Hooks hooks);

  // Runs the work durably. Rethrows its exception, or the StoreError of its group.
  void run(Work& work);

 private:
  std::vector<Work*> take_group();
  static std::size_t rows_of(const std::vector<Work*>& group);
  void commit(const std::vector<Work*>& group);
  void run_transaction(const std::vector<Work*>& group);
  void checkpoint_if_due(std::size_t rows);

  sqlite::Database& database_;
  CheckpointPace checkpoint_pace_;
  LockFile process_lock_;  // held by the leader only
  Limits limits_;
  Hooks hooks_;
  std::mutex mutex_;
  std::deque<Work*> waiting_;  // guarded by mutex_
  bool leading_ = false;       // guarded by mutex_
};

}  // namespace cxrelay::queue
