// Retention of the exported audit trail, on record in the journal that it was exported from (docs/audit.md).
#pragma once

#include <string_view>

#include "cxrelay/queue.hpp"
#include "cxrelay/tombstone.hpp"

namespace cxrelay {

// As retain_trail(options), and the journal has one record of each removal, `retained`, before the first file goes. The
// journal itself keeps its records. Throws what the other one throws, and StoreError.
RetainedTrail retain_trail(Queue& queue, RetentionOptions options, std::string_view operator_name);

}  // namespace cxrelay
