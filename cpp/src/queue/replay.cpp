#include "queue/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cxrelay::queue {
namespace {

using json::Kind;
using json::Node;

constexpr json::ParseLimits kDetailLimits{64 * 1024 * 1024, 16, 1'000'000};

std::int64_t to_number(const Node& node) {
  std::int64_t value = 0;
  std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
  return value;
}

}  // namespace

void Replay::problem(const AuditRecord& record, const char* what) {
  problems_.push_back(fmt::format("record {} ({}): {}", record.seq, record.action, what));
}

bool Replay::parse_detail(const AuditRecord& record) {
  if (document_.parse(record.detail, kDetailLimits) == json::ParseError::none &&
      document_.root().kind == Kind::object) {
    return true;
  }
  problem(record, "its detail cannot be read");
  return false;
}

std::vector<std::int64_t> Replay::numbers(const Node* list) const {
  std::vector<std::int64_t> out;
  if (list == nullptr || list->kind != Kind::array) return out;
  for (const Node* item = document_.first_child(*list); item != nullptr;
       item = document_.next_sibling(*list, *item)) {
    out.push_back(to_number(*item));
  }
  return out;
}

Replay::Update* Replay::find(std::int64_t seq, State assumed) {
  const auto found = updates_.find(seq);
  if (found != updates_.end()) return &found->second;
  if (seq < 1 || seq >= first_seq_) return nullptr;
  Update update;
  update.state = assumed;
  return &updates_.emplace(seq, update).first->second;
}

void Replay::add(const AuditRecord& record) {
  if (record.action == "accepted") {
    updates_[record.seq] = {};
    counters_.accepted += 1;
  } else if (record.action == "skipped") {
    counters_.accepted += 1;
    counters_.empty += 1;
    updates_[record.seq].state = State::completed;
  } else if (record.action == "rejected") {
    counters_.rejected += 1;
  } else if (record.action == "upgraded") {
    add_upgraded(record);
  } else if (record.action == "started") {
    add_started(record);
  } else if (record.action == "finished") {
    add_finished(record);
  } else if (record.action == "superseded") {
    add_superseded(record);
  } else if (record.action == "revived") {
    add_revived(record);
  } else if (record.action == "erased") {
    add_erased(record);
  } else if (record.action == "exported" || record.action == "retained") {
    // About files: no update changes.
  } else {
    problem(record, "its action is not known");
  }
}

void Replay::add_upgraded(const AuditRecord& record) {
  counters_.accepted += 1;
  if (!parse_detail(record)) return;
  const Node* status = document_.find(document_.root(), "status");
  const Node* attempts = document_.find(document_.root(), "attempts");
  if (status == nullptr || attempts == nullptr)
    return problem(record, "its detail is not complete");
  Update update;
  update.attempts = static_cast<int>(to_number(*attempts));
  update.state = status->text == "completed" ? State::completed
                 : status->text == "pending" ? State::pending
                                             : State::parked;
  counters_.completed += update.state == State::completed ? 1 : 0;
  updates_[record.seq] = update;
}

void Replay::add_started(const AuditRecord& record) {
  if (!parse_detail(record)) return;
  auto updates = numbers(document_.find(document_.root(), "updates"));
  for (const auto seq : updates) {
    Update* const update = find(seq, State::pending);
    if (update == nullptr || update->state != State::pending) {
      problem(record, "it sends an update that was not waiting");
    } else {
      update->state = State::in_flight;
      update->follows = false;
    }
  }
  mark_merged();
  if (!open_.emplace(record.request_id, std::move(updates)).second) {
    problem(record, "its request was started before");
  }
}

void Replay::mark_merged() {
  const Node* items = document_.find(document_.root(), "merged");
  if (items == nullptr || items->kind != Kind::array) return;
  for (const Node* item = document_.first_child(*items); item != nullptr;
       item = document_.next_sibling(*items, *item)) {
    auto older = numbers(item);
    if (!older.empty()) older.pop_back();
    for (const auto seq : older) updates_[seq].follows = true;
  }
}

void Replay::finish_update(std::int64_t seq, Outcome outcome, bool sent,
                           const AuditRecord& record) {
  Update* const found = find(seq, State::in_flight);
  if (found == nullptr || found->state != State::in_flight) {
    return problem(record, "it settles an update that was not in flight");
  }
  Update& update = *found;
  if (sent && outcome != Outcome::released && !update.follows) counters_.attempts += 1;
  if (sent && counts_against_limit(outcome)) update.attempts += 1;
  switch (outcome) {
    case Outcome::completed:
      update.state = State::completed;
      counters_.completed += 1;
      break;
    case Outcome::dead:
      update.state = State::dead;
      break;
    case Outcome::parked:
      update.state = State::parked;
      break;
    case Outcome::retry:
    case Outcome::split:
    case Outcome::released:
      update.state = State::pending;
      break;
  }
}

void Replay::add_finished(const AuditRecord& record) {
  const auto open = open_.find(record.request_id);
  if (open == open_.end()) return problem(record, "its request is not open");
  const auto expected = open->second.size();
  open_.erase(open);
  if (!parse_detail(record)) return;
  const auto& root = document_.root();
  const Node* sent_node = document_.find(root, "sent");
  const bool sent = sent_node != nullptr && sent_node->boolean;
  counters_.requests += sent ? 1 : 0;
  std::size_t settled = 0;
  for (const auto seq : numbers(document_.find(root, "completed"))) {
    finish_update(seq, Outcome::completed, sent, record);
    ++settled;
  }
  for (const Outcome outcome :
       {Outcome::retry, Outcome::dead, Outcome::parked, Outcome::split, Outcome::released}) {
    const Node* list = document_.find(root, to_text(outcome));
    if (list == nullptr || list->kind != Kind::array) continue;
    for (const Node* item = document_.first_child(*list); item != nullptr;
         item = document_.next_sibling(*list, *item)) {
      const Node* seq = item->kind == Kind::object ? document_.find(*item, "seq") : nullptr;
      if (seq == nullptr) continue;
      finish_update(to_number(*seq), outcome, sent, record);
      ++settled;
    }
  }
  if (settled != expected) problem(record, "it does not settle each update of its request once");
}

void Replay::add_superseded(const AuditRecord& record) {
  if (!parse_detail(record)) return;
  const Node* seq = document_.find(document_.root(), "update");
  Update* const update = seq == nullptr ? nullptr : find(to_number(*seq), State::pending);
  if (update == nullptr || update->state != State::pending) {
    return problem(record, "it supersedes an update that was not waiting");
  }
  update->state = State::superseded;
  counters_.superseded += 1;
}

void Replay::add_revived(const AuditRecord& record) {
  if (!parse_detail(record)) return;
  for (const auto seq : numbers(document_.find(document_.root(), "updates"))) {
    Update* const update = find(seq, State::dead);
    if (update == nullptr || (update->state != State::dead && update->state != State::parked)) {
      problem(record, "it revives an update that was neither dead nor parked");
    } else {
      *update = {};
    }
  }
}

// What was done stays so; what was not cannot be sent without its payload.
void Replay::add_erased(const AuditRecord& record) {
  if (!parse_detail(record)) return;
  for (const auto seq : numbers(document_.find(document_.root(), "updates"))) {
    Update* const update = find(seq, State::completed);
    if (update == nullptr || update->state == State::in_flight) {
      problem(record, "it erases an update that is in flight or not known");
    } else if (update->state == State::pending || update->state == State::parked) {
      update->state = State::dead;
    }
  }
}

}  // namespace cxrelay::queue
