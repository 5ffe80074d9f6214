// Copying SQLite's log back while a long transaction computes, instead of after it.
#pragma once

#include <functional>
#include <thread>

#include "sqlite/database.hpp"

namespace cxrelay::queue {

// One copy, beside one transaction of `database`: made before the transaction, begun in it, and finished before it is
// committed. A commit that starts the log again while a copy looks at it can cost frames before SQLite 3.51.3. For that
// reason nothing of the transaction is written to the log before it is committed either, while this lives.
class LogCopy {
 public:
  explicit LogCopy(sqlite::Database& database);
  ~LogCopy();
  LogCopy(const LogCopy&) = delete;
  LogCopy& operator=(const LogCopy&) = delete;

  // Runs `copy`, which works on another connection and must not throw, in a thread of its own. Without a thread to be
  // had nothing is copied.
  void begin(const std::function<void()>& copy);
  void finish();

 private:
  sqlite::Database& database_;
  std::thread thread_;
};

}  // namespace cxrelay::queue
