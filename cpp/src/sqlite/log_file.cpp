#include "sqlite/log_file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "cxrelay/errors.hpp"

namespace cxrelay::sqlite {
namespace {

bool is_at(int fd, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

}  // namespace

// SQLite keeps no lock on the log, so that a second descriptor may be opened and closed.
LogFile::LogFile(Database& database)
    : database_(database), path_(database.path() + "-wal"), log_(open_private(path_, O_RDONLY)) {}

void LogFile::sync() { sync_data(log_.get()); }

void LogFile::require_in_place() {
  int moved = 0;
  sqlite3_file_control(database_.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0 || !is_at(log_.get(), path_)) {
    throw StoreError(StoreErrorKind::unsafe_file,
                     "the queue file " + database_.path() +
                         " or its log was moved, replaced or removed while it was open");
  }
}

}  // namespace cxrelay::sqlite
