// The limit of attempts (P6), of the queue and the retry policy together.
#include <gtest/gtest.h>

#include <map>

#include "delivery/judge.hpp"
#include "dice.hpp"
#include "queue_verbs.hpp"
#include "temp_dir.hpp"

namespace cxrelay::testing {
namespace {

class Limits : public ::testing::Test, protected QueueVerbs {
 protected:
  Limits() {
    SqliteQueueOptions options;
    options.path = directory_.file("queue.db");
    queue_ = open_sqlite_queue(options, clock_);
  }
  ~Limits() override { queue_.reset(); }

  // Delivers to a server that always has trouble, until nothing is left to send. How often each event was sent.
  std::map<std::int64_t, int> deliver_in_vain() {
    std::map<std::int64_t, int> sends;
    for (int idle = 0; idle < 3;) {
      const auto one = claim();
      idle = one.updates.empty() ? idle + 1 : 0;
      clock_->advance_ms(policy_.max_delay_ms);
      if (one.updates.empty()) continue;
      for (const auto& update : one.updates) {
        ++sends[update.seq];
        for (const auto seq : update.merged) ++sends[seq];
      }
      const HttpReply reply{Wire::answered, 500, {}, {}, {}};
      const auto now = clock_->wall_us();
      const auto judgement = delivery::judge(target_, policy_, one, reply, now);
      const auto settlement =
          delivery::settle(judgement, target_, policy_, one, reply, now, {}, dice_);
      queue_->settle(std::span(&settlement, 1));
    }
    return sends;
  }

  const TempDir directory_{memory_directory()};
  const Target target_ = interactions_batch("https://a.example");
  const RetryPolicy policy_;
  simulation::Dice dice_{1};
};

TEST_F(Limits, AnEventIsSentTwelveTimes) {
  put({"a", 1});
  EXPECT_EQ(deliver_in_vain(), (std::map<std::int64_t, int>{{1, 12}}));
  EXPECT_EQ(queue_->find("a_1")->state, State::dead);
}

TEST_F(Limits, AlsoTogetherWithOthers) {
  put({"a", 1});
  put({"a", 2});
  EXPECT_EQ(deliver_in_vain(), (std::map<std::int64_t, int>{{1, 12}, {2, 12}}));
  for (const char* key : {"a_1", "a_2"}) EXPECT_EQ(queue_->find(key)->state, State::dead);
}

TEST_F(Limits, NoneIsGivenUpForTheAgeOfAnother) {
  put({"a", 1});
  clock_->advance_ms(policy_.max_age_ms);
  put({"a", 2});
  const auto sends = deliver_in_vain();
  EXPECT_EQ(sends, (std::map<std::int64_t, int>{{1, 12}, {2, 12}})) << "as often as one alone";
}

}  // namespace
}  // namespace cxrelay::testing
