// A copy of a database as it is at one moment, made while others write.
#pragma once

#include <cstdint>
#include <string>

#include "sqlite/database.hpp"

struct sqlite3_backup;

namespace cxrelay::sqlite {

// Holds one read transaction of `source` from the first to the last page. So the copy is of one moment, and nothing
// makes it begin again; meanwhile the log of the source cannot start again, and grows by what is written to it.
class Copy {
 public:
  // `path`: an empty file that nobody else knows of. Throws StoreError.
  Copy(Database& source, const std::string& path);
  ~Copy();
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  // Copies up to so many pages more. False when the last one was copied. The file is not synced. Throws StoreError.
  bool step(int pages);
  // Writes the last pages out and closes the file. Throws StoreError.
  void finish();

  std::int64_t page_bytes() const noexcept { return page_bytes_; }
  int pages() const noexcept;       // of the whole file; known after the first step
  int pages_left() const noexcept;  // known after the first step

 private:
  void end() noexcept;

  Database& source_;
  sqlite3* target_ = nullptr;
  sqlite3_backup* backup_ = nullptr;
  std::int64_t page_bytes_ = 0;
};

}  // namespace cxrelay::sqlite
