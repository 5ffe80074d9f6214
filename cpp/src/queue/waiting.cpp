#include "queue/waiting.hpp"

#include <algorithm>

namespace cxrelay::queue {
namespace {

bool newer(const Entry& a, const Entry& b) {
  return a.event_time_us != b.event_time_us ? a.event_time_us > b.event_time_us : a.seq > b.seq;
}

}  // namespace

void Waiting::insert(Group& group, const Entry& entry) {
  const auto place = std::upper_bound(group.waiting.begin(), group.waiting.end(), entry, newer);
  group.waiting.insert(place, entry);
}

void Waiting::add(const Entry& entry, std::int64_t due_mono_us) {
  const auto [it, is_new] = groups_.try_emplace(entry.interaction);
  insert(it->second, entry);
  ++size_;
  if (is_new) schedule(entry.interaction, it->second, due_mono_us);
}

void Waiting::schedule(std::uint64_t interaction, Group& group, std::int64_t due_mono_us) {
  if (due_mono_us == 0) {
    group.status = Status::ready;
    (group.waiting.back().attempts > 0 ? tried_ : untried_).push_back({places_++, interaction});
  } else {
    group.status = Status::delayed;
    delayed_.push({due_mono_us, interaction});
  }
}

void Waiting::release_due(std::int64_t now_mono_us) {
  while (!delayed_.empty() && delayed_.top().due_mono_us <= now_mono_us) {
    const auto interaction = delayed_.top().interaction;
    delayed_.pop();
    schedule(interaction, groups_.at(interaction), 0);
  }
}

std::deque<Waiting::Ready>* Waiting::next_line(bool untried_only) {
  if (untried_only || tried_.empty()) return untried_.empty() ? nullptr : &untried_;
  if (untried_.empty()) return &tried_;
  return untried_.front().place < tried_.front().place ? &untried_ : &tried_;
}

std::vector<Entry> Waiting::take(std::size_t max_updates, std::int64_t now_mono_us,
                                 bool untried_only) {
  if (!halves_.empty()) {
    auto batch = std::move(halves_.front());
    halves_.pop_front();
    return batch;
  }
  release_due(now_mono_us);
  std::vector<Entry> batch;
  batch.reserve(std::min(max_updates, ready(untried_only)));
  while (batch.size() < max_updates) {
    std::deque<Ready>* line = next_line(untried_only);
    if (line == nullptr) break;
    Group& group = groups_.at(line->front().interaction);
    line->pop_front();
    group.status = Status::in_flight;
    batch.push_back(group.waiting.back());
    group.waiting.pop_back();
    --size_;
  }
  return batch;
}

void Waiting::release_group(std::uint64_t interaction) {
  const auto it = groups_.find(interaction);
  if (it->second.waiting.empty()) {
    groups_.erase(it);
  } else {
    schedule(interaction, it->second, 0);
  }
}

void Waiting::finish(const Entry& entry) { release_group(entry.interaction); }

void Waiting::again(const Entry& entry, std::int64_t due_mono_us) {
  Group& group = groups_.at(entry.interaction);
  insert(group, entry);
  ++size_;
  schedule(entry.interaction, group, due_mono_us);
}

void Waiting::split(std::vector<Entry> entries) {
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>((entries.size() + 1) / 2);
  std::vector<Entry> second(middle, entries.end());
  entries.erase(middle, entries.end());
  for (auto* half : {&entries, &second}) {
    if (!half->empty()) halves_.push_back(std::move(*half));
  }
}

bool Waiting::holds(std::uint64_t interaction, std::int64_t seq) const {
  const auto it = groups_.find(interaction);
  return it != groups_.end() && std::ranges::any_of(it->second.waiting, [&](const Entry& entry) {
           return entry.seq == seq;
         });
}

bool Waiting::any_ready(std::int64_t now_mono_us) const {
  return !halves_.empty() || ready() > 0 ||
         (!delayed_.empty() && delayed_.top().due_mono_us <= now_mono_us);
}

std::optional<std::int64_t> Waiting::next_due_us() const {
  if (delayed_.empty()) return std::nullopt;
  return delayed_.top().due_mono_us;
}

}  // namespace cxrelay::queue
