// From a reply to a settlement, in two steps: what it means (judge), and, once the target's gate
// has heard of it, what becomes of each update (settle). No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cxrelay/clock.hpp"
#include "cxrelay/queue.hpp"
#include "cxrelay/target.hpp"
#include "cxrelay/updater.hpp"
#include "delivery/classify.hpp"
#include "delivery/read_back.hpp"

namespace cxrelay::delivery {

struct Judgement {
  Class envelope = Class::unknown;
  bool throttled = false;  // the envelope, or an item of it
  std::optional<std::int64_t> retry_after_ms;
  // Of each update; empty if the envelope's verdict is everybody's.
  std::vector<Class> items;
  std::vector<ItemReply> replies;
};

Judgement judge(const Target& target, const RetryPolicy& policy, const Claim& claim,
                const HttpReply& reply, std::int64_t now_wall_us);

// Of a look at one item: what it says about the target and our token.
Judgement judge_read(const Read& read, const RetryPolicy& policy, const HttpReply& reply,
                     std::int64_t now_wall_us);

// What the reply did to the target's access.
struct Effect {
  std::int64_t gate_opens_us = 0;  // wall time; 0 = it did not close the gate
  bool target_down = false;        // see Attempt
};

Settlement settle(const Judgement& judgement, const Target& target, const RetryPolicy& policy,
                  const Claim& claim, const HttpReply& reply, std::int64_t now_wall_us,
                  const Effect& effect, Random& random);

// A claim that was not sent goes back as it was, with the looks that were made for it.
Settlement give_back(const Claim& claim, const Reads& reads = {});

// A claim whose request is larger than the target takes: halved, or dead if it is one update. Not
// sent.
Settlement refuse_size(const Claim& claim);

}  // namespace cxrelay::delivery
