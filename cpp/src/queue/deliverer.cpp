#include "queue/deliverer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "queue/open_updates.hpp"

namespace cxrelay::queue {
namespace {

constexpr std::int64_t kBeatIntervalUs = 5'000'000;
constexpr std::int64_t kLongestDelayUs =
    2LL * 3'600'000'000;  // a stored time further away is a clock step
constexpr std::size_t kDeliveredCapacity = 65'536;
constexpr std::size_t kRefillRows = 2048;
constexpr int kRefillPages = 8;

}  // namespace

Deliverer::Deliverer(sqlite::Database& database, Journal& journal, Pending& pending, Clock& clock,
                     Random& random)
    : database_(database),
      journal_(journal),
      pending_(pending),
      clock_(clock),
      random_(random),
      composer_(database, pending),
      open_(database, "INSERT INTO open_requests VALUES (?1, ?2, ?3, ?4)"),
      close_(database, "DELETE FROM open_requests WHERE request_seq = ?1"),
      get_meta_(database, "SELECT value FROM meta WHERE name = ?1"),
      set_meta_(database,
                "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2"),
      delivered_(kDeliveredCapacity) {}

std::int64_t Deliverer::meta(std::string_view name) {
  get_meta_.reset().bind(1, name);
  const std::int64_t value = get_meta_.step() ? get_meta_.integer(0) : 0;
  get_meta_.reset();
  return value;
}

void Deliverer::set_meta(std::string_view name, std::int64_t value) {
  set_meta_.reset().bind(1, name).bind(2, value);
  set_meta_.run();
}

// ---- term -----------------------------------------------------------------------------------------------

void Deliverer::begin_term(const ClaimLimits& limits, bool is_locked) {
  forget();
  epoch_ = meta("epoch") + 1;
  set_meta("epoch", epoch_);
  set_meta("unlocked_epoch", is_locked ? 0 : epoch_);
  last_beat_mono_us_ = 0;
  beat();
  recover_open_requests(limits);
}

void Deliverer::lock_term() {
  require_term();
  set_meta("unlocked_epoch", 0);
}

void Deliverer::require_term() {
  if (meta("epoch") != epoch_) {
    throw FencedError("another deliverer has taken over this queue");
  }
}

void Deliverer::beat() {
  const auto now = clock_.mono_us();
  if (last_beat_mono_us_ != 0 && now - last_beat_mono_us_ < kBeatIntervalUs) return;
  set_meta("heartbeat_us", clock_.wall_us());
  last_beat_mono_us_ = now;
}

void Deliverer::recover_open_requests(const ClaimLimits& limits) {
  const bool idempotent = limits.idempotent;
  for (const auto& request : read_open_requests(database_)) {
    UpdateOutcome outcome;
    outcome.outcome = idempotent ? Outcome::retry : Outcome::parked;
    outcome.error_class = "UNKNOWN";
    outcome.reason = "the deliverer ended before the answer came";
    outcome.not_before_us = journal_.time_us() + limits.unknown_wait_ms * 1000;
    FinishedDetail detail;
    for (const auto& update : request.updates) {
      const auto entry = pending_.find(update.seq, update.next_at_us);
      if (!entry) continue;
      detail.add(entry->seq, outcome);
      Entry after = *entry;
      after.attempts += 1;
      after.item = update.item;
      after.next_at_us = idempotent ? outcome.not_before_us : 0;
      pending_.move(*entry, idempotent ? State::pending : State::parked, after, outcome.reason);
      journal_.counters().attempts += update.item == update.seq ? 1 : 0;  // once an item
    }
    journal_.counters().requests += 1;
    NewRecord record;
    record.action = "finished";
    record.request_id = request.request_id;
    const auto text = detail.text(0, outcome.error_class, true);
    record.detail = text;
    journal_.append(record);
    close_request(request.request_seq);
  }
}

// ---- memory ---------------------------------------------------------------------------------------------

void Deliverer::load() {
  waiting_ = {};
  delivered_.clear();
  open_requests_.clear();
  skip_.clear();
  cursor_ = 0;
  revivals_ = meta("revivals");
  load_open_requests(skip_);
  auto tried = pending_.tried();
  std::erase_if(tried, [this](const Entry& entry) { return skip_.contains(entry.seq); });
  for (Entry& entry : tried) entry.due_mono_us = due_mono_us(entry.next_at_us);
  waiting_.restore(tried);
  load_delivered();
  loaded_ = true;
}

std::int64_t Deliverer::due_mono_us(std::int64_t wall_us) const {
  const auto delay = std::min(wall_us - clock_.wall_us(), kLongestDelayUs);
  return delay <= 0 ? 0 : clock_.mono_us() + delay;
}

void Deliverer::load_open_requests(std::unordered_set<std::int64_t>& in_flight) {
  for (const auto& request : read_open_requests(database_)) {
    OpenRequest open{request.request_id, {}};
    std::int64_t item = 0;
    for (const auto& update : request.updates) {
      const auto entry = pending_.find(update.seq, update.next_at_us);
      if (!entry) continue;
      waiting_.hold(entry->interaction);
      in_flight.insert(entry->seq);
      if (update.item != item) open.items.emplace_back();
      item = update.item;
      open.items.back().push_back(*entry);
    }
    open_requests_.emplace(request.request_seq, std::move(open));
  }
}

// Takes the newest times up to the newest delivered one for delivered: that may call an event late that is not,
// which costs a look at the journal and nothing else.
void Deliverer::load_delivered() {
  delivered_until_us_ = meta("delivered_until_us");
  if (delivered_until_us_ == 0) return;
  sqlite::Statement rows(
      database_,
      "SELECT event_time_us, interaction_id FROM journal INDEXED BY journal_identity"
      " WHERE fingerprint IS NOT NULL AND event_time_us <= ?1"
      " ORDER BY event_time_us DESC LIMIT ?2");
  rows.bind(1, delivered_until_us_).bind(2, static_cast<std::int64_t>(kDeliveredCapacity));
  std::size_t count = 0;
  std::int64_t oldest = delivered_until_us_;
  for (; rows.step(); ++count) {
    oldest = rows.integer(0);
    delivered_.add(interaction_hash(rows.text(1)), oldest);
  }
  if (count == kDeliveredCapacity) delivered_.raise_horizon(oldest);
}

void Deliverer::refill(std::size_t wanted, bool untried_only) {
  for (int page = 0; page < kRefillPages && waiting_.ready(untried_only) < wanted; ++page) {
    const auto rows = pending_.fresh_after(cursor_, kRefillRows);
    for (const Entry& entry : rows) {
      cursor_ = entry.seq;
      if (!skip_.contains(entry.seq)) waiting_.add(entry);
    }
    if (rows.size() < kRefillRows) return;
  }
}

std::optional<std::int64_t> Deliverer::next_due_us() {
  require_term();
  if (!loaded_ || meta("revivals") != revivals_) load();
  const auto mono = clock_.mono_us();
  if (waiting_.any_ready(mono)) return 0;
  // A fresh update of an interaction that is in flight or delayed is not claimable: take it into memory and see.
  refill(1, false);
  if (waiting_.any_ready(mono)) return 0;
  const auto due = waiting_.next_due_us();
  if (!due) return std::nullopt;
  return clock_.wall_us() + std::max<std::int64_t>(*due - mono, 0);
}

// ---- a step ---------------------------------------------------------------------------------------------

std::vector<Claim> Deliverer::settle_and_claim(std::span<const Settlement> settlements,
                                               const ClaimLimits& limits) {
  require_term();
  if (!loaded_ || meta("revivals") != revivals_) load();
  require_open(settlements);
  beat();
  const auto delivered_before = delivered_until_us_;
  for (const auto& settlement : settlements) settle(settlement);
  if (delivered_until_us_ != delivered_before) set_meta("delivered_until_us", delivered_until_us_);

  std::vector<Claim> claims;
  if (limits.max_requests == 0) return claims;
  std::size_t retries = limits.max_retries;
  refill(limits.max_requests * limits.max_updates, retries == 0);
  while (claims.size() < limits.max_requests) {
    auto claim = claim_one(limits, retries == 0);
    if (!claim) break;
    const bool tried = std::ranges::any_of(
        claim->updates, [](const ClaimedUpdate& update) { return update.attempts > 0; });
    if (tried && retries > 0) --retries;
    claims.push_back(std::move(*claim));
  }
  return claims;
}

void Deliverer::require_open(std::span<const Settlement> settlements) const {
  std::unordered_set<std::int64_t> settled;
  for (const auto& settlement : settlements) {
    const auto open = open_requests_.find(settlement.token.request_seq);
    if (!settled.insert(settlement.token.request_seq).second) {
      throw Error("a claim is settled once");
    }
    if (settlement.token.epoch != epoch_ || open == open_requests_.end()) {
      throw FencedError("the claim is not open any more");
    }
    if (open->second.items.size() != settlement.outcomes.size()) {
      throw Error("a settlement needs one outcome for each update of its claim");
    }
  }
}

// ---- claiming -------------------------------------------------------------------------------------------

std::optional<Claim> Deliverer::claim_one(const ClaimLimits& limits, bool untried_only) {
  Claim claim;
  std::vector<Item> items;
  while (items.empty()) {
    const auto taken = waiting_.take(limits.max_updates, clock_.mono_us(), untried_only);
    if (taken.empty()) return std::nullopt;
    items = fill(claim, taken, limits);
  }
  open_request(claim, std::move(items), limits);
  return claim;
}

std::vector<Item> Deliverer::fill(Claim& claim, const std::vector<Item>& taken,
                                  const ClaimLimits& limits) {
  std::vector<Item> items;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto interaction = taken[i].front().interaction;
    auto composed = composer_.compose(taken[i], {waiting_, delivered_, cursor_});
    for (const auto& update : composed.superseded) supersede(update);
    waiting_.keep(composed.kept);
    if (composed.item.empty()) {
      waiting_.finish(interaction);
      continue;
    }
    bytes += composed.update.payload.size();
    if (!items.empty() && bytes > limits.max_bytes) {
      for (std::size_t rest = taken.size(); --rest > i;) waiting_.put_back(taken[rest]);
      waiting_.put_back(composed.item);
      break;
    }
    claim.updates.push_back(std::move(composed.update));
    items.push_back(std::move(composed.item));
  }
  return items;
}

void Deliverer::supersede(const Composed::Superseded& update) {
  NewRecord record;
  record.action = "superseded";
  record.idempotency_key = update.idempotency_key;
  record.interaction_id = update.interaction_id;
  record.event_time_us = update.entry.event_time_us;
  const auto detail = fmt::format(
      "{{\"update\":{},\"reason\":\"newer events have written all of it\"}}", update.entry.seq);
  record.detail = detail;
  journal_.append(record);
  pending_.remove(State::pending, update.entry);
  journal_.counters().superseded += 1;
}

std::string Deliverer::new_request_id() {
  std::array<std::byte, 16> id;
  random_.fill(id);
  return to_hex(id);
}

void Deliverer::open_request(Claim& claim, std::vector<Item> items, const ClaimLimits& limits) {
  claim.request_id = new_request_id();
  NewRecord record;
  record.action = "started";
  record.request_id = claim.request_id;
  const auto detail = started_detail(limits.target, epoch_, claim.updates);
  record.detail = detail;
  claim.token = {epoch_, journal_.append(record)};
  const auto updates = open_updates_text(items);
  open_.reset().bind(1, claim.token.request_seq).bind(2, epoch_).bind(3, claim.request_id);
  open_.bind(4, updates);
  open_.run();
  open_requests_.emplace(claim.token.request_seq, OpenRequest{claim.request_id, std::move(items)});
}

}  // namespace cxrelay::queue
