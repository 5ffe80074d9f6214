// A simulated run of the delivery: one thread, simulated time, a seed. What decides is the real
// thing (Access, judge, settle, the order of the waiting); the queue's file, the threads and the
// network are a loop over events. The same seed gives the same run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "delivery/access.hpp"
#include "delivery/judge.hpp"
#include "fake_transport.hpp"
#include "queue/waiting.hpp"

namespace cxrelay::testing {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(unsigned seed) : engine_(seed) {}
  void fill(std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(engine_());
  }
  double uniform() override { return std::uniform_real_distribution<double>(0, 1)(engine_); }
  // Mean `mean`.
  double exponential(double mean) {
    return std::exponential_distribution<double>(1 / mean)(engine_);
  }

 private:
  std::mt19937_64 engine_;
};

// A limit as servers have them: so many a second, and so many at once after a pause.
class TokenBucket {
 public:
  TokenBucket(double per_s, double burst) : per_s_(per_s), burst_(burst), tokens_(burst) {}
  bool take(std::int64_t now_us) {
    tokens_ = std::min(burst_, tokens_ + static_cast<double>(now_us - seen_us_) * per_s_ / 1e6);
    seen_us_ = now_us;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double per_s_;
  double burst_;
  double tokens_;
  std::int64_t seen_us_ = 0;
};

// So many in each second of the server's clock.
class FixedWindow {
 public:
  explicit FixedWindow(int per_s) : per_s_(per_s) {}
  bool take(std::int64_t now_us) {
    if (now_us / 1'000'000 != second_) used_ = 0;
    second_ = now_us / 1'000'000;
    return used_++ < per_s_;
  }

 private:
  int per_s_;
  int used_ = 0;
  std::int64_t second_ = -1;
};

class Simulation {
 public:
  struct Answer {
    Wire wire = Wire::answered;
    int status = 200;
    std::string retry_after = {};
  };
  // Asked when a request arrives.
  using Server = std::function<Answer(std::int64_t now_us)>;

  struct Send {
    std::int64_t at_us = 0;  // when it left
    std::size_t updates = 0;
    bool has_retries = false;
    bool is_probe = false;
    int status = 0;
  };

  UpdaterOptions options;
  Target target = interactions_batch("https://a.example");
  double latency_us = 20'000;  // there and back
  double jitter_us = 2'000;    // mean of what each way may add
  double late_us = 500;        // mean of how late a start wakes up

  explicit Simulation(unsigned seed) : random_(seed) { options.max_in_flight = 16; }

  void add(std::size_t updates, int attempts = 0) {
    for (std::size_t i = 0; i < updates; ++i) {
      queue::Entry entry;
      entry.seq = ++last_seq_;
      entry.interaction = static_cast<std::uint64_t>(entry.seq);
      entry.attempts = attempts;
      waiting_.add(entry);
    }
  }

  // Until that much time has gone by, or nothing waits any more.
  void run(std::int64_t for_us, const Server& server) {
    if (!access_) access_ = std::make_unique<delivery::Access>(options, target.max_updates);
    end_us_ = now_us_ + for_us;
    while (now_us_ < end_us_) {
      claim();
      start();
      if (held_ == 0 && waiting_.size() == 0) return;
      const std::int64_t next_us = next_event_us();
      now_us_ = std::max(now_us_, std::min(next_us, end_us_));
      while (!events_.empty() && events_.top().at_us <= now_us_) handle(server);
    }
  }

  std::int64_t now_us() const { return now_us_; }
  const std::vector<Send>& sends() const { return sends_; }
  int completed = 0;
  int dead = 0;
  int parked = 0;
  TargetState state() { return access_->state(now_us_); }
  std::size_t waiting() const { return waiting_.size(); }

  // ---- what a test asks of the sends from a time on
  std::size_t count(std::int64_t from_us, const std::function<bool(const Send&)>& property) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        sends_, [&](const Send& send) { return send.at_us >= from_us && property(send); }));
  }
  // The most that left within one second.
  std::size_t peak_per_s(std::int64_t from_us = 0) const {
    std::size_t peak = 0;
    for (std::size_t first = 0, i = 0; i < sends_.size(); ++i) {
      if (sends_[i].at_us < from_us) {
        first = i + 1;
        continue;
      }
      while (sends_[i].at_us - sends_[first].at_us >= 1'000'000) ++first;
      peak = std::max(peak, i - first + 1);
    }
    return peak;
  }

 private:
  static constexpr std::int64_t kWallOffsetUs = 1'715'769'000'000'000;
  static constexpr std::size_t kReserve = 4;

  struct Event {
    std::int64_t at_us;
    std::uint64_t order;
    bool arrives;  // at the server; otherwise the answer is there
    std::size_t slot;
    bool operator>(const Event& other) const {
      return std::pair(at_us, order) > std::pair(other.at_us, other.order);
    }
  };
  struct OnWire {
    std::unique_ptr<delivery::Job> job;
    Answer answer;
    std::size_t send = 0;
  };

  std::int64_t one_way_us() {
    return static_cast<std::int64_t>(latency_us / 2 + random_.exponential(jitter_us));
  }
  void push(std::int64_t at_us, bool arrives, std::size_t slot) {
    events_.push({at_us, ++events_pushed_, arrives, slot});
  }

  void claim() {
    const auto quota = access_->quota(ready_.size(), now_us_);
    std::size_t retries = quota.retries;
    for (std::size_t i = 0; i < quota.requests && held_ < options.max_in_flight + kReserve; ++i) {
      const auto items =
          waiting_.take(std::min(quota.updates, target.max_updates), now_us_, retries == 0);
      if (items.empty()) return;
      auto job = std::make_unique<delivery::Job>();
      job->claim.token.request_seq = ++last_request_;
      job->token_term = access_->next_term();
      for (const queue::Item& item : items) {
        const queue::Entry& entry = item.front();  // each has an interaction of its own
        ClaimedUpdate update;
        update.seq = entry.seq;
        update.interaction_id = "i" + std::to_string(entry.seq);
        update.attempts = entry.attempts;
        update.accepted_us = kWallOffsetUs;
        job->claim.updates.push_back(std::move(update));
        job->has_retries = job->has_retries || entry.attempts > 0;
      }
      if (job->has_retries && retries > 0) --retries;
      open_[last_request_] = items;
      ++held_;
      ready_.push_back(std::move(job));
    }
  }

  void start() {
    if (ready_.empty() || now_us_ < asleep_until_us_) return;
    const std::size_t free = options.max_in_flight - on_wire_;
    auto permit = access_->permit(std::min(free, ready_.size()), now_us_);
    std::erase_if(ready_, [&](const auto& job) {
      if (permit.keeps(*job)) return false;
      settle(delivery::give_back(job->claim));
      return true;
    });
    delivery::Jobs jobs;
    for (; jobs.size() < permit.starts && !ready_.empty(); ready_.pop_front())
      jobs.push_back(std::move(ready_.front()));
    access_->on_start(jobs, now_us_);
    for (auto& job : jobs) send(std::move(job));
  }

  void send(std::unique_ptr<delivery::Job> job) {
    job->started_us = now_us_;
    sends_.push_back({now_us_, job->claim.updates.size(), job->has_retries, job->is_probe, 0});
    const auto slot = static_cast<std::size_t>(last_slot_++);
    wire_[slot] = {std::move(job), {}, sends_.size() - 1};
    ++on_wire_;
    push(now_us_ + one_way_us(), true, slot);
  }

  void handle(const Server& server) {
    const Event event = events_.top();
    events_.pop();
    OnWire& on_wire = wire_.at(event.slot);
    if (event.arrives) {
      on_wire.answer = server(event.at_us);
      sends_[on_wire.send].status = on_wire.answer.status;
      return push(event.at_us + one_way_us(), false, event.slot);
    }
    --on_wire_;
    answered(on_wire);
    wire_.erase(event.slot);
  }

  void answered(const OnWire& on_wire) {
    const delivery::Job& job = *on_wire.job;
    HttpReply reply;
    reply.wire = on_wire.answer.wire;
    if (reply.wire == Wire::answered) {
      reply.status = on_wire.answer.status;
      if (reply.status == 200) reply.body = all_200(job.claim.updates.size());
      if (!on_wire.answer.retry_after.empty())
        reply.headers.emplace_back("retry-after", on_wire.answer.retry_after);
    }
    const std::int64_t wall_us = kWallOffsetUs + now_us_;
    const auto judgement = delivery::judge(target, options.retry, job.claim, reply, wall_us);
    const auto news = access_->on_answer(judgement, job, reply.status, now_us_, random_.uniform());
    delivery::Effect effect;
    if (news.gate_closed) effect.gate_opens_us = kWallOffsetUs + news.gate_opens_us;
    effect.target_down = news.target_down;
    settle(delivery::settle(judgement, target, options.retry, job.claim, reply, wall_us, effect,
                            random_));
  }

  static std::string all_200(std::size_t count) {
    std::string items;
    for (std::size_t i = 0; i < count; ++i)
      items += i == 0 ? R"({"status":200})" : R"(,{"status":200})";
    return R"({"results":[)" + items + "]}";
  }

  void settle(const Settlement& settlement) {
    const std::vector<queue::Item> items = std::move(open_.at(settlement.token.request_seq));
    open_.erase(settlement.token.request_seq);
    --held_;
    std::vector<queue::Item> halves;
    for (std::size_t i = 0; i < items.size(); ++i)
      settle_update(items[i].front(), settlement.outcomes[i], settlement.sent, halves);
    if (!halves.empty()) waiting_.split(std::move(halves));
  }

  void settle_update(queue::Entry entry, const UpdateOutcome& outcome, bool sent,
                     std::vector<queue::Item>& halves) {
    if (sent && counts_against_limit(outcome.outcome)) ++entry.attempts;
    switch (outcome.outcome) {
      case Outcome::completed:
        ++completed;
        return waiting_.finish(entry.interaction);
      case Outcome::dead:
        ++dead;
        return waiting_.finish(entry.interaction);
      case Outcome::parked:
        ++parked;
        return waiting_.finish(entry.interaction);
      case Outcome::retry:
      case Outcome::released:
        return waiting_.again({entry},
                              std::max<std::int64_t>(outcome.not_before_us - kWallOffsetUs, 0));
      case Outcome::split:
        return halves.push_back({entry});
    }
  }

  // The next time at which anything can happen.
  std::int64_t next_event_us() {
    std::int64_t next_us = end_us_;
    if (!events_.empty()) next_us = std::min(next_us, events_.top().at_us);
    if (!access_->is_open(now_us_)) return std::min(next_us, access_->opens_us());
    if (!ready_.empty() && on_wire_ < options.max_in_flight) {
      if (asleep_until_us_ <= now_us_)
        asleep_until_us_ = std::max(access_->next_start_us(), now_us_) +
                           static_cast<std::int64_t>(random_.exponential(late_us)) + 1;
      next_us = std::min(next_us, asleep_until_us_);
    }
    if (const auto due_us = waiting_.next_due_us(); due_us && *due_us > now_us_)
      next_us = std::min(next_us, *due_us);
    if (const auto more_us = access_->more_us(now_us_); more_us != INT64_MAX)
      next_us = std::min(next_us, std::max(more_us, now_us_ + 1000));
    return std::max(next_us, now_us_ + 1);
  }

  SeededRandom random_;
  std::unique_ptr<delivery::Access> access_;
  queue::Waiting waiting_;
  std::unordered_map<std::int64_t, std::vector<queue::Item>> open_;
  std::deque<std::unique_ptr<delivery::Job>> ready_;
  std::unordered_map<std::size_t, OnWire> wire_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Send> sends_;
  std::int64_t now_us_ = 1'000'000;
  std::int64_t end_us_ = 0;
  std::int64_t asleep_until_us_ = 0;
  std::int64_t last_seq_ = 0;
  std::int64_t last_request_ = 0;
  std::uint64_t last_slot_ = 0;
  std::uint64_t events_pushed_ = 0;
  std::size_t held_ = 0;
  std::size_t on_wire_ = 0;
};

}  // namespace cxrelay::testing
