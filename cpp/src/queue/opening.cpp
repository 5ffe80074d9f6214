#include "queue/opening.hpp"

#include "queue/schema.hpp"
#include "sqlite/log_file.hpp"

namespace cxrelay::queue {
namespace {

std::string lock_path_of(const std::string& path) {
  sqlite::refuse_unsafe(path);
  return path + ".lock";
}

}  // namespace

Opening::Opening(const std::string& path) : file_(lock_path_of(path)), lock_(file_) {}

sqlite::Database& Opening::prepare(sqlite::Database& database, Clock& clock, Random& random) {
  { const sqlite::Transaction writable(database); }
  prepare_schema(database, clock, random);
  // A process that died, or whose sync failed, may have left frames in the log that can be read but are not on the
  // disk; answers would build on them. So they are written anew, to the file. If somebody holds them, he is alive, and
  // they are synced where they are.
  database.empty_log();
  sqlite::LogFile(database).sync();
  // SQLite ignores it if the sync of the folder fails in which it made the log.
  sync_directory_of(database.path());
  return database;
}

}  // namespace cxrelay::queue
