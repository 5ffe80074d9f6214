// Looking before sending again: an item that was sent before may have been applied, and the target
// can be asked (Target::read_back). What a look means, and what becomes of a claim after its looks.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cxrelay/clock.hpp"
#include "cxrelay/queue.hpp"
#include "cxrelay/target.hpp"
#include "cxrelay/updater.hpp"
#include "delivery/classify.hpp"

namespace cxrelay::delivery {

// One look at one item.
struct Read {
  std::size_t place = 0;             // of the item in its claim
  Class verdict = Class::completed;  // of the GET; completed = `found` says what it showed
  int status = 0;
  Found found = Found::unclear;
  std::string error;  // why there is no whole reply
};
using Reads = std::vector<Read>;

// How long after an attempt of unknown outcome nothing may be concluded from a look; 0 = it does not matter.
std::int64_t unknown_wait_ms(const Target& target) noexcept;

// The items of a claim that have to be looked up before it is sent: places, in order.
std::vector<std::size_t> places_to_read(const Target& target, const Claim& claim);

Read read_of(const Target& target, const Claim& claim, std::size_t place, const HttpReply& reply);

// Whether the looks end here: this one failed in a way that a later one need not.
bool ends_reading(const Target& target, const Read& read) noexcept;

// What becomes of a claim once its looks are over; none = it may be sent.
std::optional<Settlement> settle_reads(const Target& target, const RetryPolicy& policy,
                                       const Claim& claim, const Reads& reads,
                                       std::int64_t now_wall_us, Random& random);

// For the record.
std::vector<ReadBackNote> notes_of(const Claim& claim, const Reads& reads);

}  // namespace cxrelay::delivery
