// A connection to one SQLite file. sqlite3.h stays in this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;

namespace cxrelay::sqlite {

enum class OpenMode {
  create,     // open for writing; create the file if it is missing
  read_only,  // never writes
};

// The checks that SQLite does not make: refuses a symbolic link, what is not a regular file, and a file with a second
// hard link, whose locks would not be the other name's locks. Throws StoreError(unsafe_file). A file that is not there
// is fine.
void refuse_unsafe(const std::string& path);

class Statement;

// One connection, used by one thread at a time. Movable only through a pointer.
class Database {
 public:
  // Throws StoreError. Refuses an unsafe file.
  Database(const std::string& path, OpenMode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs one or more statements without results. Throws StoreError.
  void run(const char* sql);
  // The first column of the first row as an integer, or `otherwise` when there is no row.
  std::int64_t integer(const char* sql, std::int64_t otherwise = 0);
  std::string text(const char* sql);

  // Copies frames of the write-ahead log back into the file as far as no reader holds them, so that the log
  // restarts. True if the whole log was copied.
  bool checkpoint();
  // The same for the whole log, which is cut to nothing; waits for nobody. False if somebody reads or writes.
  bool empty_log();
  // Pages in the write-ahead log after this connection's last commit, those of other connections included. The
  // log's file does not shrink when it restarts, so its size tells nothing.
  int log_pages() const noexcept { return log_pages_; }
  bool in_transaction() const noexcept;
  // Rows that this connection has written since it was opened.
  std::int64_t changes() const noexcept;

  const std::string& path() const noexcept { return path_; }
  sqlite3* handle() const noexcept { return handle_; }

 private:
  friend class Transaction;
  void configure(OpenMode mode);
  void run_kept(std::unique_ptr<Statement>& statement, const char* sql);
  bool copy_log_back(int mode);
  bool says_log() const;

  std::string path_;
  sqlite3* handle_ = nullptr;
  int log_pages_ = 0;
  std::unique_ptr<Statement>
      begin_;  // of every transaction: to compile them anew costs as much as a small insert
  std::unique_ptr<Statement> commit_;
};

// BEGIN IMMEDIATE in the constructor; rolls back in the destructor unless committed. Not shared between threads.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

// Version of the SQLite library that is linked, e.g. "3.40.1".
std::string library_version();

// Path of another SQLite library in this process whose locks ours cannot see, or "" (DESIGN section 8).
std::string second_library();

}  // namespace cxrelay::sqlite
