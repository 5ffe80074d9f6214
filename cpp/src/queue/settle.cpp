// The deliverer's settlements: what becomes of the items of a request, in the file and in its memory.
#include <algorithm>

#include "queue/deliverer.hpp"

namespace cxrelay::queue {
namespace {

constexpr const char* kNotSent = "NOT_SENT";

bool was_sent(const Settlement& settlement) {
  return settlement.sent && settlement.error_class != kNotSent &&
         !std::ranges::all_of(settlement.outcomes, [](const UpdateOutcome& outcome) {
           return outcome.outcome == Outcome::released;
         });
}

}  // namespace

void Deliverer::settle(const Settlement& settlement) {
  const auto open = open_requests_.find(settlement.token.request_seq);
  const bool sent = was_sent(settlement);
  FinishedDetail detail;
  std::vector<Item> halves;
  for (std::size_t i = 0; i < settlement.outcomes.size(); ++i) {
    const Item& item = open->second.items[i];
    auto outcome = settlement.outcomes[i];
    // What is refused as one may be the fault of one: each of a merged item is judged alone before it dies. Limits
    // are used up by all of them.
    const bool parts = item.size() > 1 && outcome.outcome == Outcome::dead && !outcome.used_up;
    if (parts) outcome.outcome = Outcome::split;
    for (const Entry& entry : item) detail.add(entry.seq, outcome);
    if (sent && outcome.outcome != Outcome::released) {
      journal_.counters().attempts += 1;
    }
    if (parts) {
      part(item, outcome);
    } else {
      settle_item(item, outcome, sent, halves);
    }
  }
  for (const ReadBackNote& look : settlement.read_back) detail.add(look);
  if (!halves.empty()) waiting_.split(std::move(halves));
  if (sent) journal_.counters().requests += 1;
  NewRecord record;
  record.action = "finished";
  record.request_id = open->second.request_id;
  const auto text = detail.text(settlement.status, settlement.error_class, sent);
  record.detail = text;
  journal_.append(record);
  close_request(settlement.token.request_seq);
  open_requests_.erase(open);
}

void Deliverer::settle_item(const Item& item, const UpdateOutcome& outcome, bool sent,
                            std::vector<Item>& halves) {
  switch (outcome.outcome) {
    case Outcome::completed:
      return complete(item);
    case Outcome::retry:
      return retry(item, outcome, sent);
    case Outcome::dead:
    case Outcome::parked:
      return give_up(item, outcome, sent);
    case Outcome::split:
      halves.push_back(keep_composition(item, outcome));
      return;
    case Outcome::released:
      return release(item, outcome);
  }
}

void Deliverer::complete(const Item& item) {
  for (const Entry& entry : item) {
    pending_.remove(State::pending, entry);
    delivered_until_us_ = std::max(delivered_until_us_, entry.event_time_us);
  }
  journal_.counters().completed += static_cast<std::int64_t>(item.size());
  delivered_.add(item.back().interaction, item.back().event_time_us);
  waiting_.finish(item.back().interaction);
}

Item Deliverer::move(const Item& item, State state, std::string_view reason,
                     const std::function<void(Entry&)>& change) {
  Item after = item;
  for (std::size_t i = 0; i < item.size(); ++i) {
    change(after[i]);
    pending_.move(item[i], state, after[i], reason);
  }
  return after;
}

void Deliverer::retry(const Item& item, const UpdateOutcome& outcome, bool sent) {
  const auto after = move(item, State::pending, outcome.reason, [&](Entry& entry) {
    entry.attempts += sent ? 1 : 0;
    entry.item = item.back().seq;
    entry.next_at_us = std::max(outcome.not_before_us, kAtOnce);
  });
  waiting_.again(after, due_mono_us(outcome.not_before_us));
}

void Deliverer::give_up(const Item& item, const UpdateOutcome& outcome, bool sent) {
  const State state = outcome.outcome == Outcome::dead ? State::dead : State::parked;
  move(item, state, outcome.reason, [&](Entry& entry) {
    entry.attempts += sent ? 1 : 0;
    entry.item = item.back().seq;
    entry.next_at_us = 0;
  });
  waiting_.finish(item.back().interaction);
}

void Deliverer::part(const Item& item, const UpdateOutcome& outcome) {
  const auto alone = move(item, State::pending, outcome.reason, [](Entry& entry) {
    entry.item = entry.seq;
    entry.next_at_us = std::max(entry.next_at_us, kAtOnce);
  });
  waiting_.again(alone, 0);
}

Item Deliverer::keep_composition(const Item& item, const UpdateOutcome& outcome) {
  return move(item, State::pending, outcome.reason, [&](Entry& entry) {
    entry.item = item.back().seq;
    entry.next_at_us = std::max(entry.next_at_us, kAtOnce);
  });
}

// What was never sent stays free to be merged with what comes.
void Deliverer::release(const Item& item, const UpdateOutcome& outcome) {
  const auto due = due_mono_us(outcome.not_before_us);
  if (due == 0) return waiting_.again(item, 0);
  const auto after = move(item, State::pending, outcome.reason,
                          [&](Entry& entry) { entry.next_at_us = outcome.not_before_us; });
  waiting_.again(after, due);
}

void Deliverer::close_request(std::int64_t request_seq) {
  close_.reset().bind(1, request_seq);
  close_.run();
}

}  // namespace cxrelay::queue
