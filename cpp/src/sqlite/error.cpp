#include "sqlite/error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "cxrelay/errors.hpp"

namespace cxrelay::sqlite {
namespace {

StoreErrorKind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreErrorKind::busy;
    case SQLITE_FULL:
      return StoreErrorKind::full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return StoreErrorKind::io;
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
  throw StoreError(kind_of(code),
                   fmt::format("{}: {} (SQLite code {})", what, sqlite3_errstr(code), extended));
}

}  // namespace cxrelay::sqlite
