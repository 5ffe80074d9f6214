// Storing an event that was prepared.
#pragma once

#include "cxrelay/queue.hpp"
#include "queue/journal.hpp"
#include "queue/pending.hpp"
#include "queue/preparation.hpp"

namespace cxrelay::queue {

// Inside a write transaction: finds duplicates and conflicts, appends the record, makes the update wait.
Receipt store(const PreparedPut& put, Journal& journal, Pending& pending);

}  // namespace cxrelay::queue
