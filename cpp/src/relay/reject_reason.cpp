#include "relay/reject_reason.hpp"

namespace cxrelay {

std::string reject_reason(const std::vector<ErrorDetail>& details) {
  std::string reason;
  for (const auto& detail : details) {
    if (!reason.empty()) reason += "; ";
    if (detail.loc.empty()) reason += "(body)";
    for (std::size_t i = 0; i < detail.loc.size(); ++i) {
      if (i > 0) reason += ".";
      reason += detail.loc[i];
    }
    reason += ": " + detail.type;
  }
  return reason;
}

}  // namespace cxrelay
