// Fewer and larger writes. SQLite writes each page with a system call of its own, and before each page of its log a
// header of 24 bytes with another: in a bulk put that costs as much as the SQL.
#pragma once

namespace cxrelay::sqlite {

// The name of a VFS to open databases with: SQLite's default one, but what is written one after the other, to the
// database or to its log, is gathered and written in one piece: when SQLite syncs or reads the file, writes elsewhere, or
// 64 KiB have come together. A commit is safe as before, since its frames count only after the sync; an error of the
// gathered write is that sync's. Needs synchronous=FULL, or frames would be announced before they are written.
const char* gathering_vfs();

}  // namespace cxrelay::sqlite
