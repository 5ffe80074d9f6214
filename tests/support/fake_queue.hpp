// A Queue in memory for tests of what stands above it. Keeps the rules that callers rely on: one
// update of an interaction in flight, event-time order, halves of a refused batch as separate
// claims, fencing, and what counts as an attempt. Checks every settlement and keeps what it saw. It
// is not durable and has no journal.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cxrelay/audit.hpp"
#include "cxrelay/queue.hpp"

namespace cxrelay::testing {

// One update as the fake keeps it.
struct FakeUpdate {
  ClaimedUpdate update;
  State state = State::pending;
  std::int64_t not_before_us = 0;
  UpdateOutcome last;  // the last settlement of it
};

class FakeQueue final : public Queue {
 public:
  explicit FakeQueue(std::shared_ptr<Clock> clock = system_clock()) : clock_(std::move(clock)) {}

  // ---- what a test says ----
  // Puts one update and returns its number.
  std::int64_t add(const std::string& interaction_id, const std::string& mapped = R"({"a":1})") {
    NewUpdate update;
    const std::string key = interaction_id + "_" + std::to_string(updates_put() + 1);
    update.idempotency_key = key;
    update.interaction_id = interaction_id;
    update.event_time_us = static_cast<std::int64_t>(updates_put());
    update.mapped = mapped;
    return put({&update, 1}).front().seq;
  }
  void add_many(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add("int-" + std::to_string(i));
  }
  // As a put would, without one: lets the updater look at the clock again.
  void poke() {
    std::function<void()> notify;
    {
      const std::lock_guard lock(mutex_);
      notify = notify_;
    }
    if (notify) notify();
  }
  // Another process puts an update: it is there when somebody asks whether the store has changed.
  void put_elsewhere(const std::string& interaction_id) {
    const std::lock_guard lock(mutex_);
    elsewhere_.push_back(interaction_id);
  }
  // Another process becomes or stops being the deliverer.
  void set_held_elsewhere(bool held) {
    const std::lock_guard lock(mutex_);
    held_elsewhere_ = held;
  }
  // The next `times` transactions throw this.
  void fail_transactions(std::exception_ptr error, int times) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    failures_left_ = times;
  }
  // The next `times` questions when something is due throw this.
  void fail_questions(std::exception_ptr error, int times) {
    const std::lock_guard lock(mutex_);
    question_error_ = std::move(error);
    question_failures_left_ = times;
  }
  // The right of the deliverer is lost: its next transaction is fenced.
  void fence() {
    const std::lock_guard lock(mutex_);
    ++epoch_;
  }

  // ---- what a test asks ----
  FakeUpdate update(std::int64_t seq) const {
    const std::lock_guard lock(mutex_);
    return updates_.at(seq);
  }
  std::size_t count(State state) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        updates_, [state](const auto& entry) { return entry.second.state == state; }));
  }
  std::vector<Settlement> settlements() const {
    const std::lock_guard lock(mutex_);
    return settlements_;
  }
  // Requests that were settled as sent: what the server must have seen.
  std::size_t requests_sent() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(settlements_, &Settlement::sent));
  }
  std::size_t transactions() const {
    const std::lock_guard lock(mutex_);
    return transactions_;
  }
  std::size_t open_claims() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }
  std::size_t failed_transactions() const {
    const std::lock_guard lock(mutex_);
    return failed_transactions_;
  }
  bool elected() const {
    const std::lock_guard lock(mutex_);
    return elected_;
  }
  // What broke a rule of the interface; empty = nothing did.
  std::vector<std::string> violations() const {
    const std::lock_guard lock(mutex_);
    return violations_;
  }
  // True as soon as `condition` holds, looked at after every change; false after a long time.
  bool wait_until(const std::function<bool()>& condition,
                  std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
      std::unique_lock lock(mutex_);
      const std::size_t seen = changes_;
      lock.unlock();
      if (condition()) return true;
      lock.lock();
      // A condition may depend on more than this queue, so it is looked at now and then anyway.
      changed_.wait_for(lock, std::chrono::milliseconds(20), [&] { return changes_ != seen; });
    }
    return condition();
  }

  // ---- Queue ----
  std::vector<Receipt> put(std::span<const NewUpdate> updates) override {
    std::vector<Receipt> receipts;
    std::function<void()> notify;
    {
      const std::lock_guard lock(mutex_);
      for (const NewUpdate& update : updates) receipts.push_back(store(update));
      notify = notify_;
      change();
    }
    if (notify) notify();
    return receipts;
  }
  void put_rejects(std::span<const Reject>) override {}

  bool elect(const ClaimLimits&) override {
    const std::lock_guard lock(mutex_);
    fail_if_told();
    if (held_elsewhere_) return false;
    if (!elected_) my_epoch_ = ++epoch_;
    elected_ = true;
    change();
    return true;
  }
  void resign() override {
    const std::lock_guard lock(mutex_);
    elected_ = false;
    change();
  }

  std::vector<Claim> settle_and_claim(std::span<const Settlement> settlements,
                                      const ClaimLimits& limits) override {
    const std::lock_guard lock(mutex_);
    change();
    fail_if_told();
    if (my_epoch_ != epoch_) throw FencedError("another deliverer took over");
    if (!elected_) violations_.push_back("a transaction without an election");
    ++transactions_;
    for (const Settlement& settlement : settlements) settle_one(settlement);
    if (limits.gate_until_us != 0) gates_[limits.target] = limits.gate_until_us;
    std::vector<Claim> claims;
    std::size_t retries = limits.max_retries;
    while (claims.size() < limits.max_requests) {
      Claim claim = claim_one(limits, retries == 0);
      if (claim.updates.empty()) break;
      const bool tried =
          std::ranges::any_of(claim.updates, [](const auto& u) { return u.attempts > 0; });
      if (tried && retries > 0) --retries;
      claims.push_back(std::move(claim));
    }
    return claims;
  }

  std::int64_t gate_until_us(std::string_view target) override {
    const std::lock_guard lock(mutex_);
    const auto at = gates_.find(std::string(target));
    return at == gates_.end() ? 0 : at->second;
  }
  std::optional<std::int64_t> next_due_us() override {
    const std::lock_guard lock(mutex_);
    if (question_failures_left_ > 0) {
      --question_failures_left_;
      std::rethrow_exception(question_error_);
    }
    std::optional<std::int64_t> due;
    for (const std::int64_t seq : claimable(INT64_MAX)) {
      const std::int64_t at = updates_.at(seq).not_before_us;
      due = due ? std::min(*due, at) : at;
    }
    if (!halves_.empty()) due = 0;
    if (due && *due <= clock_->wall_us()) due = 0;
    return due;
  }
  void on_put(std::function<void()> notify) override {
    const std::lock_guard lock(mutex_);
    notify_ = std::move(notify);
  }
  bool changed() override {
    const std::lock_guard lock(mutex_);
    if (elsewhere_.empty()) return false;
    for (const std::string& id : std::exchange(elsewhere_, {})) {
      NewUpdate update;
      update.idempotency_key = update.interaction_id = id;
      update.mapped = R"({"a":1})";
      store(update);
    }
    change();
    return true;
  }

  QueueStats stats() override { return {}; }
  std::vector<UpdateInfo> list(const ListFilter&) override { return {}; }
  std::optional<UpdateInfo> find(std::string_view) override { return std::nullopt; }
  std::vector<UpdateInfo> revivable(const ListFilter&) override { return {}; }
  std::int64_t revive(const ListFilter&, std::string_view) override { return 0; }
  ErasedEvents forget(std::string_view, std::string_view) override { return {}; }
  std::int64_t record_erasure(std::string_view, std::string_view) override { return 0; }
  Retained retain(const RetentionLimits&) override { return {}; }
  std::int64_t record_retained(const RetiredRecords&, std::string_view) override { return 0; }
  CheckResult check() override { return {}; }
  AuditSource& audit_source() override { throw Error("the fake queue keeps no journal"); }

 private:
  std::size_t updates_put() const {
    const std::lock_guard lock(mutex_);
    return updates_.size();
  }

  void change() {
    ++changes_;
    changed_.notify_all();
  }

  void fail_if_told() {
    if (failures_left_ <= 0) return;
    --failures_left_;
    ++failed_transactions_;
    std::rethrow_exception(error_);
  }

  Receipt store(const NewUpdate& update) {
    const auto seq = static_cast<std::int64_t>(updates_.size()) + 1;
    FakeUpdate& stored = updates_[seq];
    stored.update.seq = seq;
    stored.update.interaction_id = update.interaction_id;
    stored.update.idempotency_key = update.idempotency_key;
    stored.update.payload = update.mapped;
    stored.update.event_time_us = update.event_time_us;
    stored.update.accepted_us = clock_->wall_us();
    waiting_.push_back(seq);
    return {PutStatus::accepted, seq, std::string(update.idempotency_key)};
  }

  // The oldest update of each interaction that has none in flight, if it is due.
  std::vector<std::int64_t> claimable(std::int64_t now_us, std::size_t limit = SIZE_MAX,
                                      bool untried_only = false) const {
    std::vector<std::int64_t> found;
    std::set<std::string_view> taken;
    for (const std::int64_t seq : waiting_) {
      if (found.size() >= limit) break;
      const FakeUpdate& entry = updates_.at(seq);
      const std::string_view id = entry.update.interaction_id;
      if (in_flight_.contains(std::string(id)) || !taken.insert(id).second) continue;
      if (untried_only && entry.update.attempts > 0) continue;
      if (entry.not_before_us <= now_us) found.push_back(seq);
    }
    return found;
  }

  Claim claim_one(const ClaimLimits& limits, bool untried_only) {
    std::vector<std::int64_t> batch;
    if (!halves_.empty()) {
      batch = std::move(halves_.front());
      halves_.pop_front();
    } else {
      batch = claimable(clock_->wall_us(), limits.max_updates, untried_only);
    }
    Claim claim;
    std::size_t bytes = 0;
    for (const std::int64_t seq : batch) {
      FakeUpdate& entry = updates_.at(seq);
      bytes += entry.update.payload.size();
      if (!claim.updates.empty() && bytes > limits.max_bytes) break;
      entry.state = State::in_flight;
      in_flight_.insert(entry.update.interaction_id);
      std::erase(waiting_, seq);
      claim.updates.push_back(entry.update);
    }
    if (claim.updates.empty()) return claim;
    claim.token = {my_epoch_, ++last_request_};
    claim.request_id = std::to_string(last_request_);
    open_[last_request_] = claim;
    return claim;
  }

  void settle_one(const Settlement& settlement) {
    const auto at = open_.find(settlement.token.request_seq);
    if (at == open_.end()) {
      violations_.push_back("a settlement of a claim that is not open");
      return;
    }
    const Claim claim = std::move(at->second);
    open_.erase(at);
    settlements_.push_back(settlement);
    if (settlement.outcomes.size() != claim.updates.size()) {
      violations_.push_back("outcomes do not match the claim's updates");
      return;
    }
    std::vector<std::int64_t> refused;
    for (std::size_t i = 0; i < claim.updates.size(); ++i) {
      const std::int64_t seq = claim.updates[i].seq;
      apply(updates_.at(seq), settlement.outcomes[i], settlement.sent);
      if (settlement.outcomes[i].outcome == Outcome::split) refused.push_back(seq);
    }
    split(refused);
  }

  void apply(FakeUpdate& entry, const UpdateOutcome& outcome, bool sent) {
    if (sent && outcome.outcome == Outcome::released)
      violations_.push_back("a request that was sent is released");
    if (sent && counts_against_limit(outcome.outcome)) ++entry.update.attempts;
    entry.last = outcome;
    if (outcome.outcome != Outcome::split) in_flight_.erase(entry.update.interaction_id);
    switch (outcome.outcome) {
      case Outcome::completed:
        entry.state = State::completed;
        return;
      case Outcome::dead:
        entry.state = State::dead;
        return;
      case Outcome::parked:
        entry.state = State::parked;
        return;
      case Outcome::split:
        entry.state = State::pending;
        return;
      case Outcome::retry:
      case Outcome::released:
        break;
    }
    entry.state = State::pending;
    entry.not_before_us = outcome.not_before_us;
    waiting_.push_front(entry.update.seq);
  }

  void split(const std::vector<std::int64_t>& refused) {
    if (refused.empty()) return;
    if (refused.size() == 1) violations_.push_back("a single update was split");
    const auto middle = refused.begin() + static_cast<std::ptrdiff_t>((refused.size() + 1) / 2);
    halves_.emplace_back(refused.begin(), middle);
    halves_.emplace_back(middle, refused.end());
  }

  const std::shared_ptr<Clock> clock_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::map<std::int64_t, FakeUpdate> updates_;
  std::deque<std::int64_t> waiting_;
  std::deque<std::vector<std::int64_t>> halves_;
  std::set<std::string> in_flight_;  // interactions
  std::map<std::int64_t, Claim> open_;
  std::vector<Settlement> settlements_;
  std::vector<std::string> violations_;
  std::map<std::string, std::int64_t> gates_;
  std::function<void()> notify_;
  std::vector<std::string> elsewhere_;
  std::exception_ptr error_;
  std::int64_t epoch_ = 0;
  std::int64_t my_epoch_ = 0;
  std::int64_t last_request_ = 0;
  std::size_t transactions_ = 0;
  std::size_t failed_transactions_ = 0;
  std::size_t changes_ = 0;
  int failures_left_ = 0;
  std::exception_ptr question_error_;
  int question_failures_left_ = 0;
  bool held_elsewhere_ = false;
  bool elected_ = false;
};

}  // namespace cxrelay::testing
