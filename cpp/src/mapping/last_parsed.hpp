// For whoever looks at an event once more after it was mapped: to parse it again would cost as much
// as the mapping.
#pragma once

#include "json/document.hpp"

namespace cxrelay::mapping {

// What this thread's last Mapping::apply_json() or map_json() has parsed. Valid until its next one; empty if the body
// was refused.
const json::Document& last_parsed();

}  // namespace cxrelay::mapping
