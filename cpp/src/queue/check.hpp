// The invariant that every test ends with: replaying the journal gives the stored state.
#pragma once

#include "cxrelay/queue.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Reads one snapshot: the chain, the sequence, every state, the counters, and SQLite's own integrity check.
CheckResult check_queue(sqlite::Database& database);

}  // namespace cxrelay::queue
