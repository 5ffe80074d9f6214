// The journal's record of a retention of the exported trail.
#pragma once

#include <cstdint>
#include <string_view>

#include "cxrelay/queue.hpp"
#include "queue/journal.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Inside a write transaction; see Queue::record_retained(). Returns the record's seq, 0 if it was there.
std::int64_t append_retained(sqlite::Database& writer, Journal& journal,
                             const RetiredRecords& records, std::string_view operator_name);

}  // namespace cxrelay::queue
