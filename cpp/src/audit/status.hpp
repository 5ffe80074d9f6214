// What readers of the tutorial's log look at: processingStatus and errorMessage. Both are derived
// from a record's action and detail (docs/audit.md has the table), so they need no place in the
// chain.
#pragma once

#include <optional>
#include <string_view>

#include "json/document.hpp"

namespace cxrelay {

struct AuditStatus {
  std::string_view word;
  std::optional<std::string_view> error;
};

// `detail`: the record's detail object in `document`, or nullptr. The result has views into
// `action` and `document`.
AuditStatus derive_status(std::string_view action, const json::Document& document,
                          const json::Node* detail);

}  // namespace cxrelay
