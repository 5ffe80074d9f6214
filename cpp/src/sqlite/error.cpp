#include "sqlite/error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>

#include "cxrelay/errors.hpp"

namespace cxrelay::sqlite {
namespace {

// SQLite calls a disk or file that is full so only where a write fails with ENOSPC.
bool is_full(sqlite3* handle) {
  const int error = handle != nullptr ? sqlite3_system_errno(handle) : 0;
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

StoreErrorKind kind_of(sqlite3* handle, int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreErrorKind::busy;
    case SQLITE_FULL:
      return StoreErrorKind::full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return is_full(handle) ? StoreErrorKind::full : StoreErrorKind::io;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StoreErrorKind::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return StoreErrorKind::read_only;
    default:
      return StoreErrorKind::other;
  }
}

}  // namespace

void throw_error(sqlite3* handle, int code, std::string_view what) {
  const int extended = handle != nullptr ? sqlite3_extended_errcode(handle) : code;
  throw StoreError(kind_of(handle, code),
                   fmt::format("{}: {} (SQLite code {})", what, sqlite3_errstr(code), extended));
}

}  // namespace cxrelay::sqlite
