// What the queue's tests are told with: a queue file, and verbs for what happens to it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cxrelay/queue.hpp"
#include "fake_clock.hpp"
#include "temp_dir.hpp"

namespace cxrelay::testing {

struct Event {
  std::string interaction = "i1";
  std::int64_t time_s = 1;
  std::string mapped = R"({"attributes":{"a":1}})";
  std::string original = {};  // empty: made from the rest
};

class QueueTest : public ::testing::Test {
 protected:
  QueueTest() { open(); }
  // The invariant that every test ends with.
  ~QueueTest() override {
    if (!queue_) open();
    const auto result = queue_->check();
    for (const auto& problem : result.problems) ADD_FAILURE() << problem;
  }

  void open() {
    queue_.reset();
    queue_ = open_queue();
  }
  std::unique_ptr<Queue> open_queue() {
    SqliteQueueOptions options;
    options.path = path_;
    return open_sqlite_queue(options, clock_);
  }

  Receipt put(const Event& event) {
    const std::string time = std::to_string(event.time_s);
    const std::string key = event.interaction + "_" + time;
    const std::string original = event.original.empty()
                                     ? R"({"id":")" + key + R"(","m":)" + event.mapped + "}"
                                     : event.original;
    NewUpdate update;
    update.idempotency_key = key;
    update.interaction_id = event.interaction;
    update.event_time_us = event.time_s * 1'000'000;
    update.original = original;
    update.mapped = event.mapped;
    update.mapping_version = "v1";
    return queue_->put(std::span(&update, 1)).front();
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
    queue_->settle(std::span(&settlement, 1));
  }
  static std::vector<std::string> keys(const Claim& claim) {
    std::vector<std::string> out;
    for (const auto& update : claim.updates) out.push_back(update.idempotency_key);
    return out;
  }

  using Keys = std::vector<std::string>;
  TempDir directory_;
  std::string path_ = directory_.file("queue.db");
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  ClaimLimits limits_{.target = "test"};
  std::unique_ptr<Queue> queue_;
};

}  // namespace cxrelay::testing
