// Tables of a queue file (docs/queue.md has the reasons) and how a file comes to have them.
#pragma once

#include "cxrelay/clock.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Persisted: do not renumber. Raised when a stored shape changes, together with an upgrade step.
inline constexpr int kSchemaVersion = 4;

// Creates the tables in an empty file, upgrades a file that the tutorial's code or an older version wrote, and
// leaves a current one alone. One transaction. Throws StoreError(schema) for a newer or a foreign file.
void prepare_schema(sqlite::Database& database, Clock& clock, Random& random);

}  // namespace cxrelay::queue
