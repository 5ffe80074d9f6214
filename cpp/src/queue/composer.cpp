#include "queue/composer.hpp"

#include <algorithm>
#include <utility>

#include "cxrelay/errors.hpp"
#include "queue/merge.hpp"

namespace cxrelay::queue {
namespace {

// A merged payload stays as small as a single event may be.
constexpr std::size_t kMostMergedBytes = 256 * 1024;

// An item that was sent once stays as it was.
bool fits(const Composed& composed, const ClaimedUpdate& next, const Entry& entry) {
  if (composed.item.empty()) return true;
  if (next.interaction_id != composed.update.interaction_id) return false;
  return entry.item != 0 ||
         composed.update.payload.size() + next.payload.size() <= kMostMergedBytes;
}

// The newest update gives the item its key and its time; the one that came last says how old it is, so that none dies
// of another's age.
void add(Composed& composed, const Entry& entry, ClaimedUpdate update) {
  if (!composed.item.empty()) {
    ClaimedUpdate& before = composed.update;
    update.payload = merge(before.payload, update.payload);
    update.attempts = std::max(update.attempts, before.attempts);
    update.accepted_us = std::max(update.accepted_us, before.accepted_us);
    update.merged = std::move(before.merged);
    update.merged.push_back(before.seq);
  }
  composed.update = std::move(update);
  composed.item.push_back(entry);
}

}  // namespace

Composer::Composer(sqlite::Database& database, Pending& pending)
    : pending_(pending),
      read_(database,
            "SELECT interaction_id, idempotency_key, mapped, time_us FROM journal WHERE seq = ?1"),
      newer_(
          database,
          "SELECT seq FROM journal INDEXED BY journal_identity WHERE fingerprint IS NOT NULL"
          " AND event_time_us >= ?1 AND interaction_id = ?2 AND (event_time_us > ?1 OR seq > ?3)") {
}

Composed Composer::compose(const Item& item, const DeliveryState& state) {
  Composed out;
  for (const Entry& entry : item) {
    auto update = read(entry);
    if (state.delivered.maybe_late(entry.interaction, entry.event_time_us)) {
      reduce(entry, item, state, update);
    }
    if (update.payload.empty()) {
      out.superseded.push_back({entry, update.idempotency_key, update.interaction_id});
    } else if (out.kept.empty() && fits(out, update, entry)) {
      add(out, entry, std::move(update));
    } else {
      out.kept.push_back(entry);
    }
  }
  return out;
}

ClaimedUpdate Composer::read(const Entry& entry) {
  read_.reset().bind(1, entry.seq);
  if (!read_.step()) {
    throw StoreError(StoreErrorKind::corrupt, "a waiting update has no journal record");
  }
  ClaimedUpdate update;
  update.seq = entry.seq;
  update.interaction_id = read_.text(0);
  update.idempotency_key = read_.text(1);
  update.payload = read_.text(2);
  update.accepted_us = read_.integer(3);
  update.event_time_us = entry.event_time_us;
  update.attempts = entry.attempts;
  read_.reset();
  if (entry.next_at_us != 0) {
    if (const auto revived = pending_.revived_us(entry)) update.accepted_us = *revived;
  }
  return update;
}

void Composer::reduce(const Entry& entry, const Item& item, const DeliveryState& state,
                      ClaimedUpdate& update) {
  std::vector<std::string> delivered;
  newer_.reset().bind(1, entry.event_time_us).bind(2, update.interaction_id).bind(3, entry.seq);
  while (newer_.step()) {
    const auto seq = newer_.integer(0);
    if (waits(entry, seq, item, state)) continue;
    read_.reset().bind(1, seq);
    if (read_.step() && !read_.is_null(2)) delivered.emplace_back(read_.text(2));
    read_.reset();
  }
  newer_.reset();
  if (!delivered.empty()) update.payload = without_newer(update.payload, delivered);
}

// Delivered is what was accepted and neither waits (in memory, in this item, or not read yet) nor is given up.
bool Composer::waits(const Entry& late, std::int64_t seq, const Item& item,
                     const DeliveryState& state) {
  const auto is_seq = [&](const Entry& entry) { return entry.seq == seq; };
  return std::ranges::any_of(item, is_seq) || state.waiting.holds(late.interaction, seq) ||
         (seq > state.cursor && pending_.find(seq, 0)) || pending_.is_given_up(seq);
}

}  // namespace cxrelay::queue
