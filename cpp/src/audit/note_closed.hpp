// Puts closed segments on record.
#pragma once

#include <string>

#include "cxrelay/audit.hpp"

namespace cxrelay {

// Has the journal note every closed segment of the trail that is there and not on record yet. The caller holds the
// trail's lock. Throws AuditError or StoreError; another call then goes on.
void note_closed(AuditSource& source, const std::string& open_path);

}  // namespace cxrelay
