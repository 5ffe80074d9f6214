// A database and its write-ahead log as files of a folder: what SQLite itself does not look after.
#pragma once

#include "base/file.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::sqlite {

class LogFile {
 public:
  // The database has been read, so that its log exists.
  explicit LogFile(Database& database);

  // Makes durable what stands in the log, whoever wrote it. Throws StoreError(io).
  void sync();
  // Throws StoreError(unsafe_file) if the database or its log was renamed, replaced or removed after it was opened:
  // what is written into it is lost with the last open handle.
  void require_in_place();

 private:
  Database& database_;
  std::string path_;
  Fd log_;
};

}  // namespace cxrelay::sqlite
