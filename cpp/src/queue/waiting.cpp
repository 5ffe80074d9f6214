#include "queue/waiting.hpp"

#include <algorithm>
#include <tuple>

namespace cxrelay::queue {
namespace {

bool was_sent(const Entry& entry) { return entry.item != 0; }

bool goes_later(const Entry& a, const Entry& b) {
  const auto rank = [](const Entry& entry) {
    return std::tuple(!was_sent(entry), entry.event_time_us, entry.seq);
  };
  return rank(a) > rank(b);
}

}  // namespace

void Waiting::insert(Group& group, const Entry& entry) {
  const auto place =
      std::upper_bound(group.waiting.begin(), group.waiting.end(), entry, goes_later);
  group.waiting.insert(place, entry);
  ++size_;
}

void Waiting::add(const Entry& entry, std::int64_t due_mono_us) {
  const auto [it, is_new] = groups_.try_emplace(entry.interaction);
  insert(it->second, entry);
  if (is_new) schedule(entry.interaction, it->second, due_mono_us);
}

void Waiting::schedule(std::uint64_t interaction, Group& group, std::int64_t due_mono_us) {
  if (due_mono_us == 0) {
    group.status = Status::ready;
    line_of(group).push_back({next_place_++, interaction});
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

std::deque<Waiting::Ready>& Waiting::line_of(const Group& group) {
  return group.waiting.back().attempts > 0 ? tried_ : untried_;
}

std::deque<Waiting::Ready>* Waiting::next_line(bool untried_only) {
  if (untried_only || tried_.empty()) return untried_.empty() ? nullptr : &untried_;
  if (untried_.empty()) return &tried_;
  return untried_.front().place < tried_.front().place ? &untried_ : &tried_;
}

Item Waiting::take_item(Group& group) {
  auto& waiting = group.waiting;
  const Entry first = waiting.back();
  Item item;
  if (was_sent(first)) {
    // Members need not be neighbours: another item's may have a time in between.
    const auto is_member = [&](const Entry& entry) { return entry.item == first.item; };
    std::copy_if(waiting.rbegin(), waiting.rend(), std::back_inserter(item), is_member);
    std::erase_if(waiting, is_member);
  } else {
    const auto count = std::min(waiting.size(), kMostMerged);
    item.assign(waiting.rbegin(), waiting.rbegin() + static_cast<std::ptrdiff_t>(count));
    waiting.resize(waiting.size() - count);
  }
  group.status = Status::in_flight;
  size_ -= item.size();
  return item;
}

std::vector<Item> Waiting::take(std::size_t max_items, std::int64_t now_mono_us,
                                bool untried_only) {
  if (!halves_.empty()) {
    auto batch = std::move(halves_.front());
    halves_.pop_front();
    return batch;
  }
  release_due(now_mono_us);
  std::vector<Item> batch;
  batch.reserve(std::min(max_items, ready(untried_only)));
  while (batch.size() < max_items) {
    std::deque<Ready>* line = next_line(untried_only);
    if (line == nullptr) break;
    Group& group = groups_.at(line->front().interaction);
    line->pop_front();
    batch.push_back(take_item(group));
  }
  return batch;
}

void Waiting::finish(std::uint64_t interaction) {
  const auto it = groups_.find(interaction);
  if (it->second.waiting.empty()) {
    groups_.erase(it);
  } else {
    schedule(interaction, it->second, 0);
  }
}

void Waiting::keep(const Item& entries) {
  for (const Entry& entry : entries) insert(groups_.at(entry.interaction), entry);
}

void Waiting::again(const Item& entries, std::int64_t due_mono_us) {
  keep(entries);
  const auto interaction = entries.front().interaction;
  schedule(interaction, groups_.at(interaction), due_mono_us);
}

void Waiting::put_back(const Item& item) {
  keep(item);
  const auto interaction = item.front().interaction;
  Group& group = groups_.at(interaction);
  group.status = Status::ready;
  line_of(group).push_front({--first_place_, interaction});
}

void Waiting::split(std::vector<Item> items) {
  const auto middle = items.begin() + static_cast<std::ptrdiff_t>((items.size() + 1) / 2);
  std::vector<Item> second(std::make_move_iterator(middle), std::make_move_iterator(items.end()));
  items.erase(middle, items.end());
  for (auto* half : {&items, &second}) {
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
