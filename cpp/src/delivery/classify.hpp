// What an answer, or its absence, means for what was sent: the table of DESIGN section 9. Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "cxrelay/http.hpp"
#include "cxrelay/target.hpp"

namespace cxrelay::delivery {

enum class Class {
  completed,  // done; for the envelope of a batch: look at the items
  not_sent,   // no byte left: free of charge, but time goes by
  throttled,  // the server asks for a pause: nobody sends
  transient,  // the server's trouble: again later
  unknown,    // sent, and nobody can tell what came of it
  auth,       // the token or the client is refused: nothing is wrong with the update
  split,      // a batch refused whole: some item of it is bad
  permanent   // final
};
// The word for records: "NOT_SENT", "THROTTLED", ...
std::string_view to_text(Class verdict) noexcept;

// What counts of a target.
struct Rules {
  BodyShape shape = BodyShape::batch;
  bool idempotent = true;
  const std::vector<int>* success = nullptr;  // never null in use
};
inline Rules rules_of(const Target& target) noexcept {
  return {target.body_shape, target.idempotent, &target.success};
}

struct Envelope {
  Wire wire = Wire::unknown;
  int status = 0;
  bool has_retry_after = false;  // a usable one
  std::size_t updates = 1;
};

// Of a whole request. For a batch, `completed` means only that the reply may be decoded.
Class classify_envelope(const Envelope& envelope, const Rules& rules) noexcept;

// Of one item in a 2xx reply to a batch. `status` 0 = the reply said nothing usable about it.
Class classify_item(int status, bool has_retry_after, const Rules& rules) noexcept;

}  // namespace cxrelay::delivery
