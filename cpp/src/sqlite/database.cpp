#include "sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/file.hpp"
#include "cxrelay/errors.hpp"
#include "sqlite/error.hpp"
#include "sqlite/gathering_vfs.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 30'000;

// Waits for another writer in steps that grow from 50 us to 2 ms: a commit takes a fraction of a millisecond, and
// SQLite's own handler would sleep far longer than that.
int wait_for_writer(void*, int tries) {
  using namespace std::chrono;
  const auto step = microseconds(tries < 20 ? 50 : tries < 100 ? 250 : 2000);
  const int waited_ms = tries < 20 ? 0 : tries < 100 ? tries / 4 : 20 + (tries - 100) * 2;
  if (waited_ms > kBusyTimeoutMs) return 0;
  std::this_thread::sleep_for(step);
  return 1;
}

int keep_log_pages(void* pages, sqlite3*, const char*, int in_log) {
  *static_cast<int*>(pages) = in_log;
  return SQLITE_OK;
}

// Nothing is opened here if the file exists: closing a plain descriptor of a database drops every lock that this
// process holds on it. Whoever makes queue files holds their lock file.
void make_if_missing(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 && errno == ENOENT) {
    open_private(path, O_RDWR | O_CREAT | O_EXCL);
  }
}

}  // namespace

void refuse_unsafe(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (S_ISLNK(info.st_mode)) {
    throw StoreError(StoreErrorKind::unsafe_file, "refused: " + path + " is a symbolic link");
  }
  if (!S_ISREG(info.st_mode)) {
    throw StoreError(StoreErrorKind::unsafe_file, "refused: " + path + " is not a regular file");
  }
  if (info.st_nlink > 1) {
    throw StoreError(StoreErrorKind::unsafe_file,
                     "refused: " + path + " has a second hard link; locks would not be shared");
  }
}

Database::Database(const std::string& path, OpenMode mode) : path_(path) {
  refuse_unsafe(path);
  if (mode == OpenMode::create) make_if_missing(path);
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == OpenMode::create ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  const int code = sqlite3_open_v2(path.c_str(), &handle_, flags, gathering_vfs());
  if (code != SQLITE_OK) {
    sqlite3_close(handle_);
    throw_error(nullptr, code, "cannot open the queue file " + path);
  }
  try {
    configure(mode);
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() {
  begin_.reset();
  commit_.reset();
  sqlite3_close_v2(handle_);
}

void Database::configure(OpenMode mode) {
  sqlite3_busy_handler(handle_, &wait_for_writer, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  run("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA cache_size=-8192");
  if (mode == OpenMode::read_only) return;
  // SQLite opens for reading what it cannot open for writing, and says nothing.
  if (sqlite3_db_readonly(handle_, "main") != 0) {
    throw StoreError(StoreErrorKind::read_only, "the queue file " + path_ + " cannot be written");
  }
  // secure_delete: what is erased is overwritten with zeros. Always, since a page that was freed is not looked at again.
  run("PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
      "PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=ON");
  sqlite3_wal_hook(handle_, &keep_log_pages, &log_pages_);
  // A build or a file system may quietly keep another mode; then nothing of P1 would hold.
  if (text("PRAGMA journal_mode") != "wal" || integer("PRAGMA synchronous") != 2) {
    throw StoreError(StoreErrorKind::unsafe_file,
                     "the queue file " + path_ + " cannot be used with a synced write-ahead log");
  }
  if (integer("PRAGMA secure_delete") != 1) {
    throw StoreError(StoreErrorKind::other,
                     "this SQLite library does not overwrite what it erases");
  }
}

void Database::run(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_error(handle_, code, "the queue file cannot be used");
}

void Database::run_kept(std::unique_ptr<Statement>& statement, const char* sql) {
  if (statement == nullptr) statement = std::make_unique<Statement>(*this, sql);
  statement->run();
}

std::int64_t Database::integer(const char* sql, std::int64_t otherwise) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : otherwise;
}

std::string Database::text(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? std::string(statement.text(0)) : std::string();
}

bool Database::checkpoint() { return copy_log_back(SQLITE_CHECKPOINT_PASSIVE); }

bool Database::empty_log() {
  sqlite3_busy_handler(handle_, nullptr, nullptr);
  const bool emptied = copy_log_back(SQLITE_CHECKPOINT_TRUNCATE);
  // After a power loss there may be a log beside a file whose header does not know of it yet. Others would take the
  // file for one without a log, now that the log is empty.
  if (emptied && !says_log()) {
    run("PRAGMA journal_mode=DELETE; PRAGMA journal_mode=WAL");
    integer("SELECT count(*) FROM sqlite_schema");  // makes the log
  }
  sqlite3_busy_handler(handle_, &wait_for_writer, nullptr);
  return emptied;
}

// The version numbers in the header. Read through SQLite's own descriptor: closing another one would drop its locks.
bool Database::says_log() const {
  constexpr int kPlace = 18;
  constexpr unsigned char kWithLog = 2;
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  unsigned char versions[2] = {};
  const int code = file->pMethods->xRead(file, versions, sizeof versions, kPlace);
  return code == SQLITE_OK && versions[0] == kWithLog && versions[1] == kWithLog;
}

bool Database::copy_log_back(int mode) {
  // A checkpoint on a connection that has not read yet does nothing and says OK.
  integer("SELECT count(*) FROM sqlite_schema");
  int frames = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, &frames, &copied);
  if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) {
    throw_error(handle_, code, "the write-ahead log cannot be copied back");
  }
  return code == SQLITE_OK && frames == copied;
}

bool Database::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Database::changes() const noexcept { return sqlite3_total_changes64(handle_); }

Transaction::Transaction(Database& database) : database_(database) {
  database_.run_kept(database_.begin_, "BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // After some errors SQLite has rolled back by itself; a second ROLLBACK would be an error of its own.
  if (open_ && database_.in_transaction()) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_.run_kept(database_.commit_, "COMMIT");
  open_ = false;
}

}  // namespace cxrelay::sqlite
