// The records of closed audit segments, and how far they go.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cxrelay/audit.hpp"
#include "queue/journal.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// The last record of the last segment of `trail` that is on record; 0 = none.
std::int64_t read_noted(sqlite::Database& database, std::string_view trail);

// Inside a write transaction: a record for each segment beyond that mark, and the mark moves on.
void note_segments(sqlite::Database& database, Journal& journal, std::string_view trail,
                   std::span<const ClosedSegment> segments);

}  // namespace cxrelay::queue
