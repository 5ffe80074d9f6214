// One suite for every Queue. A test knows the interface and nothing else; an implementation is added by a file like
// sqlite_store.cpp.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "queue_store.hpp"
#include "queue_verbs.hpp"

namespace cxrelay::testing {

class QueueConformance : public ::testing::TestWithParam<Implementation>, protected QueueVerbs {
 protected:
  void SetUp() override {
    store_ = GetParam().make();
    queue_ = open();
  }
  // The invariant that every test ends with: what the journal tells is what is stored.
  void TearDown() override {
    if (!queue_) queue_ = open();
    for (const auto& problem : queue_->check().problems) ADD_FAILURE() << problem;
    queue_.reset();
    store_.reset();
  }

  std::unique_ptr<Queue> open() { return store_->open(clock_); }
  // An orderly end and a new start.
  void restart() {
    queue_->resign();
    queue_.reset();
    queue_ = open();
  }
  // The process dies; another one starts, and what the dead one held is nobody's any more.
  void crash() {
    store_->crash(std::move(queue_));
    queue_ = open();
    if (!GetParam().notices_death) clock_->advance_us(GetParam().lease_us + 1'000'000);
  }
  bool has_one_deliverer() const { return GetParam().deliverers == Deliverers::one; }

  // The only item of the next claim; one without updates if there is none.
  ClaimedUpdate claim_item(std::size_t updates = 25) {
    last_ = claim(updates);
    EXPECT_EQ(last_.updates.size(), 1U);
    return last_.updates.empty() ? ClaimedUpdate{} : last_.updates.front();
  }
  void settle_last(Outcome outcome, std::int64_t delay_s = 0) { settle(last_, outcome, delay_s); }
  // Claims and completes until nothing is left that is due; the keys in the order they came.
  Keys drain(std::size_t updates = 25) {
    Keys all;
    for (;;) {
      const auto one = claim(updates);
      if (one.updates.empty()) return all;
      for (auto& key : keys(one)) all.push_back(std::move(key));
      settle(one, Outcome::completed);
    }
  }

  State state_of(const std::string& key) {
    const auto found = queue_->find(key);
    EXPECT_TRUE(found) << key;
    return found ? found->state : State::pending;
  }
  std::vector<AuditRecord> journal() { return queue_->audit_source().read(0, 100'000); }
  std::vector<AuditRecord> journal(const std::string& action) {
    std::vector<AuditRecord> out;
    for (auto& record : journal()) {
      if (record.action == action) out.push_back(std::move(record));
    }
    return out;
  }

  std::unique_ptr<QueueStore> store_;
  Claim last_;
};

// Several updates of one interaction, put out of order.
class QueueMerging : public QueueConformance {
 protected:
  void put_three() {
    put({"a", 2, R"({"attributes":{"x":"two","y":2}})"});
    put({"a", 1, R"({"attributes":{"x":"one","w":1}})"});
    put({"a", 3, R"({"attributes":{"y":3}})"});
  }
  static constexpr const char* kThree = R"({"attributes":{"x":"two","w":1,"y":3}})";
};

// One suite a concern; each is a class of its own so that a name says what it belongs to.
class QueuePutting : public QueueConformance {};
class QueueClaiming : public QueueConformance {};
class QueueLateness : public QueueConformance {};
class QueueSettling : public QueueConformance {};
class QueueFencing : public QueueConformance {};
class QueueRecovery : public QueueConformance {};
class QueueForgetting : public QueueConformance {};
class QueueNoting : public QueueConformance {};
class QueueRetaining : public QueueConformance {};
class QueueQuestions : public QueueConformance {};

// Records that grow old.
class QueueRetention : public QueueConformance {
 protected:
  static constexpr std::int64_t kDayUs = 24 * 3'600'000'000;

  void export_all() { queue_->audit_source().set_exported(queue_->stats().journal_records); }
  void age(int days = 8) { clock_->advance_us(days * kDayUs); }
  Retained retain(std::size_t max_rows = 100'000) {
    RetentionLimits limits;
    limits.max_rows = max_rows;
    return queue_->retain(limits);
  }
  // Events that are done, with a few records more: from some 1,000 on there is something to delete.
  void live_through(int events) {
    for (int i = 0; i < events; i += 500) {
      std::vector<Event> some;
      for (int j = i; j < std::min(i + 500, events); ++j) {
        some.push_back({"p" + std::to_string(next_), next_});
        ++next_;
      }
      put_all(some);
      drain(100);
    }
  }

  int next_ = 1000;
};

// One update in every state.
class QueueAnswers : public QueueConformance {
 protected:
  void SetUp() override {
    QueueConformance::SetUp();
    put_everything();
  }

 private:
  void put_everything() {
    put_all({{"done", 5}, {"late", 5}, {"dead", 5}, {"parked", 5}, {"retried", 5}});
    settle_each(
        claim(),
        {Outcome::completed, Outcome::completed, Outcome::dead, Outcome::parked, Outcome::retry},
        60);
    put({"late", 4});
    EXPECT_TRUE(claim().updates.empty());  // superseded
    put({"flying", 5});
    last_ = claim();
    put({"waiting", 5});
    put({"waiting", 5, R"({"b":2})"});
    put({"empty", 5, ""});
    const Reject reject{"{", "(body): json_invalid"};
    queue_->put_rejects(std::span(&reject, 1));
  }
};

}  // namespace cxrelay::testing
