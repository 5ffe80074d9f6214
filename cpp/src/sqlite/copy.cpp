#include "sqlite/copy.hpp"

#include <sqlite3.h>

#include "sqlite/error.hpp"

namespace cxrelay::sqlite {
namespace {

constexpr std::string_view kWhat = "the copy cannot be made";

}  // namespace

Copy::Copy(Database& source, const std::string& path) : source_(source) {
  try {
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE;
    const int code = sqlite3_open_v2(path.c_str(), &target_, flags, nullptr);
    if (code != SQLITE_OK) throw_error(target_, code, kWhat);
    // A copy that was not finished is thrown away: nothing in it needs to be undone.
    sqlite3_exec(target_, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr,
                 nullptr);
    source_.run("BEGIN");
    page_bytes_ = source_.integer("PRAGMA page_size");
    source_.integer("SELECT count(*) FROM sqlite_schema");  // here the moment is
    backup_ = sqlite3_backup_init(target_, "main", source_.handle(), "main");
    if (backup_ == nullptr) throw_error(target_, sqlite3_errcode(target_), kWhat);
  } catch (...) {
    end();
    throw;
  }
}

Copy::~Copy() { end(); }

bool Copy::step(int pages) {
  const int code = sqlite3_backup_step(backup_, pages);
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_OK) throw_error(target_, code, kWhat);
  return true;
}

void Copy::finish() {
  const int code = sqlite3_backup_finish(backup_);
  backup_ = nullptr;
  if (code != SQLITE_OK) throw_error(target_, code, kWhat);
  end();
}

int Copy::pages() const noexcept { return sqlite3_backup_pagecount(backup_); }

int Copy::pages_left() const noexcept { return sqlite3_backup_remaining(backup_); }

void Copy::end() noexcept {
  sqlite3_backup_finish(backup_);
  backup_ = nullptr;
  sqlite3_close_v2(target_);
  target_ = nullptr;
  if (source_.in_transaction()) {
    sqlite3_exec(source_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace cxrelay::sqlite
