// Claims for tests of targets.
#pragma once

#include <initializer_list>
#include <string>

#include "cxrelay/queue.hpp"

namespace cxrelay::testing {

inline ClaimedUpdate sample_update(std::string interaction_id, std::string payload = "{}") {
  ClaimedUpdate update;
  update.idempotency_key = interaction_id + "_k";
  update.interaction_id = std::move(interaction_id);
  update.payload = std::move(payload);
  return update;
}

inline Claim sample_claim(std::initializer_list<const char*> interaction_ids) {
  Claim claim;
  for (const char* id : interaction_ids) claim.updates.push_back(sample_update(id));
  return claim;
}

}  // namespace cxrelay::testing
