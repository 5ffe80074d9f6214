// The verbs that tests of a queue are told with. They use nothing but the interface, so they fit every queue.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cxrelay/queue.hpp"
#include "fake_clock.hpp"

namespace cxrelay {
// For messages of failed expectations.
inline void PrintTo(State state, std::ostream* out) { *out << to_text(state); }
inline void PrintTo(PutStatus status, std::ostream* out) { *out << to_text(status); }
}  // namespace cxrelay

namespace cxrelay::testing {

struct Event {
  std::string interaction = "i1";
  std::int64_t time_s = 1;
  std::string mapped = R"({"attributes":{"a":1}})";
  std::string original = {};  // empty: made from the rest
};

class QueueVerbs {
 protected:
  Receipt put(const Event& event) { return put_all({event}).front(); }
  std::vector<Receipt> put_all(const std::vector<Event>& events) {
    return put_into(*queue_, events);
  }
  // All in one call. The key of an event is "<interaction>_<time>".
  static std::vector<Receipt> put_into(Queue& queue, const std::vector<Event>& events) {
    std::vector<std::pair<std::string, std::string>> texts;  // key, original
    texts.reserve(events.size());
    std::vector<NewUpdate> updates;
    for (const Event& event : events) {
      const std::string key = event.interaction + "_" + std::to_string(event.time_s);
      texts.emplace_back(key, event.original.empty()
                                  ? R"({"id":")" + key + R"(","m":)" + event.mapped + "}"
                                  : event.original);
      NewUpdate update;
      update.idempotency_key = texts.back().first;
      update.interaction_id = event.interaction;
      update.event_time_us = event.time_s * 1'000'000;
      update.original = texts.back().second;
      update.mapped = event.mapped;
      update.mapping_version = "v1";
      updates.push_back(update);
    }
    return queue.put(updates);
  }

  // `count` updates of as many interactions, in one commit.
  void put_backlog(int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back("i" + std::to_string(i));
    std::vector<NewUpdate> updates(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      updates[i].idempotency_key = updates[i].interaction_id = ids[i];
      updates[i].event_time_us = static_cast<std::int64_t>(i);
      updates[i].mapped = R"({"a":1})";
    }
    queue_->put(updates);
  }

  // One request of up to `updates`, or an empty claim.
  Claim claim(std::size_t updates = 25) {
    limits_.max_updates = updates;
    EXPECT_TRUE(queue_->elect(limits_));
    auto claims = queue_->claim(limits_);
    return claims.empty() ? Claim{} : std::move(claims.front());
  }

  void settle(const Claim& claim, Outcome outcome, std::int64_t delay_s = 0) {
    settle_each(claim, std::vector<Outcome>(claim.updates.size(), outcome), delay_s);
  }
  void settle_each(const Claim& claim, const std::vector<Outcome>& outcomes,
                   std::int64_t delay_s = 0) {
    const Settlement settlement = settlement_of(claim, outcomes, delay_s);
    queue_->settle(std::span(&settlement, 1));
  }
  // Not to be sent again before `delay_s` from now.
  Settlement settlement_of(const Claim& claim, const std::vector<Outcome>& outcomes,
                           std::int64_t delay_s = 0) const {
    Settlement settlement;
    settlement.token = claim.token;
    settlement.status = 200;
    for (const Outcome outcome : outcomes) {
      UpdateOutcome one;
      one.outcome = outcome;
      one.status = outcome == Outcome::completed ? 200 : 503;
      one.error_class = outcome == Outcome::completed ? "" : "TRANSIENT";
      one.reason = outcome == Outcome::completed ? "" : "answered 503";
      one.not_before_us = clock_->wall_us() + delay_s * 1'000'000;
      settlement.outcomes.push_back(one);
    }
    return settlement;
  }

  using Keys = std::vector<std::string>;
  static Keys keys(const Claim& claim) {
    Keys out;
    for (const auto& update : claim.updates) out.push_back(update.idempotency_key);
    return out;
  }

  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  ClaimLimits limits_{.target = "test"};
  std::unique_ptr<Queue> queue_;
};

}  // namespace cxrelay::testing
