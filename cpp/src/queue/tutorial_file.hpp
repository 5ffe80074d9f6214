// Taking over a file that the tutorial's code wrote.
#pragma once

#include "cxrelay/clock.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Reads the rows of the renamed table `tutorial_updates` into the journal: "pending" ones wait again with their
// attempts, "completed" ones are done, and a row in any other state is parked for an operator. Inside the
// transaction of prepare_schema. Nothing is lost: each row has a record with its original status and time.
void import_tutorial_rows(sqlite::Database& database, Clock& clock, Random& random);

}  // namespace cxrelay::queue
