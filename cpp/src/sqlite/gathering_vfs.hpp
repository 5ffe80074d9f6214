// Fewer and larger writes to the write-ahead log. SQLite writes each page of it with a system call of its own, and before
// each page a header of 24 bytes with another: in a bulk put that costs as much as the SQL.
#pragma once

namespace cxrelay::sqlite {

// The name of a VFS to open databases with: SQLite's default one, but what is written to a log one after the other is
// gathered and written in one piece: when SQLite syncs or reads the log, writes elsewhere, or 64 KiB have come together.
// A commit is safe as before, since its frames count only after the sync; an error of the gathered write is that sync's.
// Needs synchronous=FULL, or frames would be announced before they are written. The database itself must not be treated
// so: a checkpoint that a reader cuts short announces what it has copied without a sync.
const char* gathering_vfs();

}  // namespace cxrelay::sqlite
