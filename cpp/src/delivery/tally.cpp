#include "delivery/tally.hpp"

#include <algorithm>

#include "delivery/classify.hpp"

namespace cxrelay::delivery {

void Tally::add(const Settlement& settlement) {
  const auto has = [&settlement](auto&& property) {
    return std::ranges::any_of(settlement.outcomes, property);
  };
  const std::lock_guard lock(mutex_);
  if (settlement.sent) ++stats_.requests;
  if (settlement.error_class == to_text(Class::not_sent)) ++stats_.not_sent;
  if (has([](const UpdateOutcome& o) { return o.error_class == to_text(Class::throttled); }))
    ++stats_.throttled;
  if (has([](const UpdateOutcome& o) { return o.outcome == Outcome::split; })) ++stats_.split;
  for (const UpdateOutcome& outcome : settlement.outcomes) count(outcome.outcome);
}

void Tally::count(Outcome outcome) {
  switch (outcome) {
    case Outcome::completed:
      ++stats_.completed;
      return;
    case Outcome::retry:
      ++stats_.retried;
      return;
    case Outcome::dead:
      ++stats_.dead;
      return;
    case Outcome::parked:
      ++stats_.parked;
      return;
    case Outcome::split:
    case Outcome::released:
      return;
  }
}

UpdaterStats Tally::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace cxrelay::delivery
