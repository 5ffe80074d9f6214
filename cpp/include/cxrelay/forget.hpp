// Erasing what is stored of one interaction: a person's right, and no reason to break the audit trail (docs/audit.md).
#pragma once

#include <string>
#include <string_view>

#include "cxrelay/audit.hpp"
#include "cxrelay/queue.hpp"

namespace cxrelay {

struct Forgotten {
  ErasedEvents journal;
  ErasedExport exported;
};

// Queue::forget(), then erase_exported(). `audit_path`: the open segment of the export; empty = nothing is exported.
// Killed anywhere, another call finishes the work. Throws what these throw.
Forgotten forget_interaction(Queue& queue, const std::string& audit_path,
                             std::string_view interaction_id, std::string_view operator_name);

}  // namespace cxrelay
