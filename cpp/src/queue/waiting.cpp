#include "queue/waiting.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace cxrelay::queue {
namespace {

bool was_sent(const Entry& entry) { return entry.item != 0; }

bool goes_later(const Entry& a, const Entry& b) {
  const auto rank = [](const Entry& entry) {
    return std::tuple(!was_sent(entry), entry.event_time_us, entry.seq);
  };
  return rank(a) > rank(b);
}

// Of what was never sent, as many as one item may have; they are at the back.
std::ptrdiff_t count_of_fresh(const std::vector<Entry>& waiting) {
  return static_cast<std::ptrdiff_t>(std::min(waiting.size(), kMostMerged));
}

// When the item that goes next may go: not before any of its members. Those that were sent as one wait for one time.
std::int64_t due_of_next(const std::vector<Entry>& waiting) {
  if (was_sent(waiting.back())) return waiting.back().due_mono_us;
  return std::max_element(
             waiting.end() - count_of_fresh(waiting), waiting.end(),
             [](const Entry& a, const Entry& b) { return a.due_mono_us < b.due_mono_us; })
      ->due_mono_us;
}

bool was_tried(const std::vector<Item>& batch) {
  return std::ranges::any_of(batch, [](const Item& item) {
    return std::ranges::any_of(item, [](const Entry& entry) { return entry.attempts > 0; });
  });
}

// Cuts off what follows the first `count`.
std::vector<Item> cut(std::vector<Item>& batch, std::size_t count) {
  const auto from = batch.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Item> rest(std::make_move_iterator(from), std::make_move_iterator(batch.end()));
  batch.erase(from, batch.end());
  return rest;
}

}  // namespace

void Waiting::insert(Group& group, const Entry& entry) {
  const auto place =
      std::upper_bound(group.waiting.begin(), group.waiting.end(), entry, goes_later);
  group.waiting.insert(place, entry);
  ++size_;
}

void Waiting::add(const Entry& entry) {
  const auto [it, is_new] = groups_.try_emplace(entry.interaction);
  insert(it->second, entry);
  if (is_new) schedule(entry.interaction, it->second);
}

void Waiting::restore(const std::vector<Entry>& entries) {
  std::vector<std::uint64_t> idle;
  for (const Entry& entry : entries) {
    const auto [it, is_new] = groups_.try_emplace(entry.interaction);
    insert(it->second, entry);
    if (is_new) idle.push_back(entry.interaction);
  }
  // Only now it is known which of an interaction goes next.
  for (const auto interaction : idle) schedule(interaction, groups_.at(interaction));
}

void Waiting::schedule(std::uint64_t interaction, Group& group) {
  const auto due_mono_us = due_of_next(group.waiting);
  if (due_mono_us == 0) {
    line_up(interaction, group);
  } else {
    group.status = Status::delayed;
    delayed_.push({due_mono_us, interaction});
  }
}

void Waiting::line_up(std::uint64_t interaction, Group& group) {
  group.status = Status::ready;
  line_of(group).push_back({next_place_++, interaction});
}

void Waiting::release_due(std::int64_t now_mono_us) {
  while (!delayed_.empty() && delayed_.top().due_mono_us <= now_mono_us) {
    const auto interaction = delayed_.top().interaction;
    delayed_.pop();
    line_up(interaction, groups_.at(interaction));
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
    const auto count = count_of_fresh(waiting);
    item.assign(waiting.rbegin(), waiting.rbegin() + count);
    waiting.erase(waiting.end() - count, waiting.end());
  }
  group.status = Status::in_flight;
  size_ -= item.size();
  return item;
}

std::vector<Item> Waiting::take_half(std::size_t max_items, bool untried_only) {
  const auto half = std::ranges::find_if(
      halves_, [&](const std::vector<Item>& batch) { return !untried_only || !was_tried(batch); });
  if (half == halves_.end()) return {};
  auto rest = cut(*half, std::min(max_items, half->size()));
  auto batch = std::exchange(*half, std::move(rest));
  if (half->empty()) halves_.erase(half);
  return batch;
}

std::vector<Item> Waiting::take(std::size_t max_items, std::int64_t now_mono_us,
                                bool untried_only) {
  auto batch = take_half(max_items, untried_only);
  if (!batch.empty()) return batch;
  release_due(now_mono_us);
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
    schedule(interaction, it->second);
  }
}

void Waiting::keep(const Item& entries) {
  for (const Entry& entry : entries) insert(groups_.at(entry.interaction), entry);
}

void Waiting::again(const Item& entries, std::int64_t due_mono_us) {
  const auto interaction = entries.front().interaction;
  Group& group = groups_.at(interaction);
  for (Entry entry : entries) {
    entry.due_mono_us = due_mono_us;
    insert(group, entry);
  }
  schedule(interaction, group);
}

void Waiting::put_back(const Item& item) {
  keep(item);
  const auto interaction = item.front().interaction;
  Group& group = groups_.at(interaction);
  group.status = Status::ready;
  line_of(group).push_front({--first_place_, interaction});
}

void Waiting::split(std::vector<Item> items) {
  auto second = cut(items, (items.size() + 1) / 2);
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
