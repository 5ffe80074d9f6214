// Storing events that were prepared.
#pragma once

#include <vector>

#include "cxrelay/queue.hpp"
#include "queue/journal.hpp"
#include "queue/pending.hpp"
#include "queue/preparation.hpp"

namespace cxrelay::queue {

// Inside a write transaction: finds duplicates and conflicts, appends the records, makes the updates wait. Adds a
// receipt for each.
void store(Preparation& prepared, Journal& journal, Pending& pending,
           std::vector<Receipt>& receipts);

}  // namespace cxrelay::queue
