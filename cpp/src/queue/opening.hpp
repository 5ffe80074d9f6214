// What happens once, when a process opens a queue file for writing.
#pragma once

#include <mutex>
#include <string>

#include "base/file.hpp"
#include "cxrelay/clock.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Holds the lock file of the writers until done(), so that the file is made by one process, and nobody commits
// meanwhile.
class Opening {
 public:
  // Throws StoreError, before the lock file is made, if the queue file is unsafe.
  explicit Opening(const std::string& path);

  // Makes the file current and everything in it durable, and returns it. Throws StoreError: read_only as well if the
  // file or its log could be opened for reading only, which SQLite would tell at the first commit.
  sqlite::Database& prepare(sqlite::Database& database, Clock& clock, Random& random);
  void done() { lock_.unlock(); }

 private:
  LockFile file_;
  std::unique_lock<LockFile> lock_;
};

}  // namespace cxrelay::queue
