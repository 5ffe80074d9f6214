// The operator's way back from dead or parked to pending; recorded in the journal.
#pragma once

#include <cstdint>
#include <string_view>

#include "cxrelay/queue.hpp"
#include "queue/journal.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Inside a write transaction. What read_revivable() finds; attempts and age start anew. Returns how many updates were
// revived.
std::int64_t revive_updates(sqlite::Database& database, Journal& journal, const ListFilter& filter,
                            std::string_view operator_name);

}  // namespace cxrelay::queue
