// How a refused event is described in its audit record.
#pragma once

#include <string>
#include <vector>

#include "cxrelay/errors.hpp"

namespace cxrelay {

// "interactionId: missing; timestamp: datetime_parsing": places and types, never a value. Names of fields are ours,
// because only fields of the model can be refused.
std::string reject_reason(const std::vector<ErrorDetail>& details);

}  // namespace cxrelay
