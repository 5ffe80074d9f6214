#include "delivery/exchange.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "delivery/judge.hpp"

namespace cxrelay::delivery {

bool Exchange::wait(Microseconds at_most) {
  std::unique_lock lock(mutex_);
  const bool woken = feeder_wakes_.wait_for(
      lock, at_most, [this] { return news_ || sender_gone_ || !finished_.empty(); });
  news_ = false;
  return woken;
}

void Exchange::pause(Microseconds time) {
  std::unique_lock lock(mutex_);
  feeder_wakes_.wait_for(lock, time, [this, before = reason_] { return reason_ != before; });
}

void Exchange::offer(Jobs jobs) {
  if (jobs.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    held_ += jobs.size();
    // The sender may have left by now.
    if (reason_ != StopReason::none) {
      for (const auto& job : jobs) finished_.push_back(give_back(job->claim));
      return;
    }
    std::ranges::move(jobs, std::back_inserter(ready_));
  }
  transport_.wake();
}

std::vector<Settlement> Exchange::take_finished() {
  const std::lock_guard lock(mutex_);
  held_ -= finished_.size();
  return std::exchange(finished_, {});
}

std::size_t Exchange::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

void Exchange::rest() {
  {
    const std::lock_guard lock(mutex_);
    if (news_ || held_ > 0 || reason_ != StopReason::none) return;
    idle_ = true;
    if (!background_) reason_ = StopReason::idle;
  }
  caller_wakes_.notify_all();
  transport_.wake();
}

void Exchange::set_standby(bool standby) {
  const std::lock_guard lock(mutex_);
  standby_ = standby;
  caller_wakes_.notify_all();
}

bool Exchange::sender_gone() const {
  const std::lock_guard lock(mutex_);
  return sender_gone_;
}

void Exchange::set_over() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  caller_wakes_.notify_all();
}

Jobs Exchange::take_ready(std::size_t room, const std::function<bool(const Job&)>& keeps) {
  Jobs taken;
  const std::lock_guard lock(mutex_);
  const auto gives_back = [&](const std::unique_ptr<Job>& job) {
    if (reason_ == StopReason::none && keeps(*job)) return false;
    finished_.push_back(give_back(job->claim, job->reads));
    return true;
  };
  if (std::erase_if(ready_, gives_back) > 0) feeder_wakes_.notify_one();
  while (!ready_.empty() && taken.size() < room) {
    taken.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  return taken;
}

void Exchange::take_back(std::unique_ptr<Job> job) {
  const std::lock_guard lock(mutex_);
  ready_.push_front(std::move(job));
}

void Exchange::finish(std::vector<Settlement> settlements) {
  if (settlements.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(settlements, std::back_inserter(finished_));
  }
  feeder_wakes_.notify_one();
}

std::size_t Exchange::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_.size();
}

void Exchange::set_sender_gone() {
  const std::lock_guard lock(mutex_);
  sender_gone_ = true;
  for (const auto& job : ready_) finished_.push_back(give_back(job->claim, job->reads));
  ready_.clear();
  feeder_wakes_.notify_all();
}

void Exchange::poke() {
  {
    const std::lock_guard lock(mutex_);
    if (news_) return;
    news_ = true;
    idle_ = false;
  }
  feeder_wakes_.notify_one();
}

void Exchange::end(StopReason reason, SteadyClock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (reason_ == StopReason::none) reason_ = reason;
    deadline_ = std::min(deadline_, deadline);
    news_ = true;
  }
  feeder_wakes_.notify_all();
  transport_.wake();
}

void Exchange::abandon(StopReason reason) {
  {
    const std::lock_guard lock(mutex_);
    // Being fenced, or broken, is what must be known, even if the end had begun for another reason.
    reason_ = reason;
    abandoned_ = true;
  }
  transport_.wake();
}

bool Exchange::ending() const {
  const std::lock_guard lock(mutex_);
  return reason_ != StopReason::none;
}

bool Exchange::abandoned() const {
  const std::lock_guard lock(mutex_);
  return abandoned_;
}

Exchange::SteadyClock::time_point Exchange::deadline() const {
  const std::lock_guard lock(mutex_);
  return deadline_;
}

bool Exchange::background() const {
  const std::lock_guard lock(mutex_);
  return background_;
}

bool Exchange::go_to_background() {
  const std::lock_guard lock(mutex_);
  if (reason_ != StopReason::none) return false;
  background_ = true;
  return true;
}

StopReason Exchange::rest_reason() const {
  if (over_) return reason_;
  if (!background_ || reason_ != StopReason::none) return StopReason::none;
  if (standby_) return StopReason::not_elected;
  return idle_ ? StopReason::idle : StopReason::none;
}

bool Exchange::ask() {
  const std::lock_guard lock(mutex_);
  idle_ = false;
  news_ = true;
  feeder_wakes_.notify_one();
  return reason_ == StopReason::none;
}

StopReason Exchange::wait_for_rest(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  const auto at_rest = [this] { return rest_reason() != StopReason::none; };
  if (at_most.count() < 0) {
    caller_wakes_.wait(lock, at_rest);
  } else {
    caller_wakes_.wait_for(lock, at_most, at_rest);
  }
  return at_rest() ? rest_reason() : StopReason::timeout;
}

bool Exchange::over() const {
  const std::lock_guard lock(mutex_);
  return over_;
}

StopReason Exchange::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

}  // namespace cxrelay::delivery
