#include "queue/group_commit.hpp"

#include <numeric>

#include "cxrelay/errors.hpp"

namespace cxrelay::queue {

GroupCommit::GroupCommit(sqlite::Database& database, const std::string& lock_path, Limits limits,
                         Hooks hooks)
    : database_(database), process_lock_(lock_path), limits_(limits), hooks_(std::move(hooks)) {}

void GroupCommit::run(Work& work) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&work);
  work.turn_.wait(lock, [&] { return work.done_ || (!leading_ && waiting_.front() == &work); });
  if (!work.done_) {
    leading_ = true;
    const auto group = take_group();
    lock.unlock();
    commit(group);
    lock.lock();
    leading_ = false;
    for (Work* member : group) {
      member->done_ = true;
      if (member != &work) member->turn_.notify_one();
    }
    if (!waiting_.empty()) waiting_.front()->turn_.notify_one();
  }
  lock.unlock();
  if (work.error_) std::rethrow_exception(work.error_);
}

std::vector<Work*> GroupCommit::take_group() {
  std::vector<Work*> group;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  while (!waiting_.empty()) {
    Work* next = waiting_.front();
    rows += next->rows_;
    bytes += next->bytes_;
    if (!group.empty() && (rows > limits_.max_rows || bytes > limits_.max_bytes)) break;
    group.push_back(next);
    waiting_.pop_front();
  }
  return group;
}

void GroupCommit::commit(const std::vector<Work*>& group) {
  try {
    const std::lock_guard one_process(process_lock_);
    run_transaction(group);
    hooks_.committed();
    checkpoint_if_due(rows_of(group));
    for (Work* work : group) {
      if (work->after_ && !work->error_) work->after_();
    }
  } catch (...) {
    hooks_.rolled_back();
    for (Work* work : group) work->error_ = std::current_exception();
  }
}

void GroupCommit::run_transaction(const std::vector<Work*>& group) {
  sqlite::Transaction transaction(database_);
  hooks_.begin();
  for (Work* work : group) {
    const auto written = database_.changes();
    try {
      work->apply_();
    } catch (const StoreError&) {
      throw;
    } catch (...) {
      if (database_.changes() != written) throw;
      work->error_ = std::current_exception();
    }
  }
  hooks_.finish();
  transaction.commit();
}

std::size_t GroupCommit::rows_of(const std::vector<Work*>& group) {
  return std::accumulate(group.begin(), group.end(), std::size_t{0},
                         [](std::size_t rows, const Work* work) { return rows + work->rows_; });
}

void GroupCommit::checkpoint_if_due(std::size_t rows) {
  if (!checkpoint_pace_.is_due(database_.log_pages(), rows)) return;
  try {
    database_.checkpoint();
  } catch (const StoreError&) {
    // The group is committed and stays so. The log keeps growing until a later checkpoint succeeds; a disk that
    // is full or broken will be reported by the next commit.
  }
}

}  // namespace cxrelay::queue
