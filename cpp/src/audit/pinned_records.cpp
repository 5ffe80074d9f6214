#include "audit/pinned_records.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cxrelay {

PinnedRecords::PinnedRecords(std::string_view noun, std::vector<Pin> pins)
    : noun_(noun), pins_(std::move(pins)) {
  std::ranges::stable_sort(pins_, {}, &Pin::seq);
  // One of a trail without records fits every trail.
  while (at_ < pins_.size() && pins_[at_].seq == 0) ++at_;
  step();
}

bool PinnedRecords::is_of(const Digest& trail) {
  for (std::size_t i = at_; i < pins_.size(); ++i) {
    if (pins_[i].trail == trail) continue;
    return fail(pins_[i], fmt::format("the {} of seq {} is of another trail", noun_, pins_[i].seq));
  }
  return true;
}

bool PinnedRecords::compare(std::int64_t seq, const Digest& hash) {
  for (; next_seq_ < seq; ++at_, step()) {
  }
  for (; next_seq_ == seq; ++at_, step()) {
    if (pins_[at_].hash == hash) continue;
    return fail(pins_[at_],
                fmt::format("seq {} is not the record that the {} was signed for", seq, noun_));
  }
  return true;
}

bool PinnedRecords::ends() {
  if (next_seq_ == kNone) return true;
  return fail(pins_[at_], fmt::format("the trail ends before {} seq {}", noun_, next_seq_));
}

bool PinnedRecords::fail(const Pin& pin, std::string problem) {
  line_ = pin.line;
  problem_ = std::move(problem);
  return false;
}

}  // namespace cxrelay
