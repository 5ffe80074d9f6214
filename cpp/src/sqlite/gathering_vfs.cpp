#include "sqlite/gathering_vfs.hpp"

#include <sqlite3.h>

#include <new>
#include <string>
#include <string_view>

namespace cxrelay::sqlite {
namespace {

constexpr const char* kName = "cxrelay-gathering";
// SQLite's own VFS takes the size of a write modulo 128 KiB.
constexpr std::size_t kMostGathered = 64 * 1024;

// The default VFS's file lies behind it, in the same block of memory, which SQLite owns.
struct Gathering {
  sqlite3_file base;  // first: SQLite knows only this
  sqlite3_int64 start = 0;
  std::string gathered;  // to be written from `start` on

  sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& methods() { return *inner()->pMethods; }

  // What cannot be written is given up: SQLite fails the transaction that it belongs to.
  int flush() {
    if (gathered.empty()) return SQLITE_OK;
    const int code =
        methods().xWrite(inner(), gathered.data(), static_cast<int>(gathered.size()), start);
    gathered.clear();
    return code;
  }

  int write(std::string_view bytes, sqlite3_int64 offset) {
    const bool follows = offset == start + static_cast<sqlite3_int64>(gathered.size());
    if (!follows || gathered.size() + bytes.size() > kMostGathered) {
      if (const int code = flush(); code != SQLITE_OK) return code;
      start = offset;
    }
    gathered.append(bytes);
    return SQLITE_OK;
  }
};

Gathering& gathering(sqlite3_file* file) { return *reinterpret_cast<Gathering*>(file); }

int close(sqlite3_file* file) {
  Gathering& own = gathering(file);
  const int flushed = own.flush();
  const int closed = own.methods().xClose(own.inner());
  own.~Gathering();
  return flushed != SQLITE_OK ? flushed : closed;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  try {
    return gathering(file).write({static_cast<const char*>(bytes), static_cast<std::size_t>(size)},
                                 offset);
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

// Calls a method of the default VFS's file, after what was gathered is written.
template <auto Method, typename... Arguments>
int flush_and_call(sqlite3_file* file, Arguments... arguments) {
  Gathering& own = gathering(file);
  if (const int code = own.flush(); code != SQLITE_OK) return code;
  return (own.methods().*Method)(own.inner(), arguments...);
}

template <auto Method, typename... Arguments>
int call(sqlite3_file* file, Arguments... arguments) {
  Gathering& own = gathering(file);
  return (own.methods().*Method)(own.inner(), arguments...);
}

using Io = sqlite3_io_methods;

// Version 1: shared memory and mapped pages are the database's, not its log's.
constexpr Io make_methods() {
  Io io{};
  io.iVersion = 1;
  io.xClose = &close;
  io.xRead = &flush_and_call<&Io::xRead, void*, int, sqlite3_int64>;
  io.xWrite = &write;
  io.xTruncate = &flush_and_call<&Io::xTruncate, sqlite3_int64>;
  io.xSync = &flush_and_call<&Io::xSync, int>;
  io.xFileSize = &flush_and_call<&Io::xFileSize, sqlite3_int64*>;
  io.xLock = &call<&Io::xLock, int>;
  io.xUnlock = &call<&Io::xUnlock, int>;
  io.xCheckReservedLock = &call<&Io::xCheckReservedLock, int*>;
  io.xFileControl = &call<&Io::xFileControl, int, void*>;
  io.xSectorSize = &call<&Io::xSectorSize>;
  io.xDeviceCharacteristics = &call<&Io::xDeviceCharacteristics>;
  return io;
}

constexpr Io kMethods = make_methods();

sqlite3_vfs* default_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* vfs = default_vfs();
  if ((flags & SQLITE_OPEN_WAL) == 0) return vfs->xOpen(vfs, name, file, flags, flags_out);
  auto* own = new (file) Gathering;
  own->base.pMethods = nullptr;
  const int code = vfs->xOpen(vfs, name, own->inner(), flags, flags_out);
  if (code == SQLITE_OK) {
    own->base.pMethods = &kMethods;
  } else {
    own->~Gathering();
  }
  return code;
}

// All but xOpen are the default VFS's functions, which look at nothing that is changed here.
sqlite3_vfs make_vfs() {
  sqlite3_vfs vfs = *default_vfs();
  vfs.szOsFile += static_cast<int>(sizeof(Gathering));
  vfs.pNext = nullptr;
  vfs.zName = kName;
  vfs.xOpen = &open;
  return vfs;
}

}  // namespace

const char* gathering_vfs() {
  static sqlite3_vfs vfs = make_vfs();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? kName : nullptr;
}

}  // namespace cxrelay::sqlite
