// The deliverer's side of a queue file: election, claims, settlements. Its memory is a cache of the file, dropped
// and read again whenever a commit failed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cxrelay/clock.hpp"
#include "cxrelay/queue.hpp"
#include "queue/composer.hpp"
#include "queue/delivered.hpp"
#include "queue/finished_detail.hpp"
#include "queue/journal.hpp"
#include "queue/pending.hpp"
#include "queue/waiting.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// Every method but forget() runs inside a write transaction; one thread at a time.
class Deliverer {
 public:
  Deliverer(sqlite::Database& database, Journal& journal, Pending& pending, Clock& clock,
            Random& random);

  // Begins a term: a new epoch; settles what an earlier deliverer left open as UNKNOWN. `is_locked`: with the OS
  // lock; otherwise taken over from a deliverer that hangs and still has it.
  void begin_term(const ClaimLimits& limits, bool is_locked);
  // The OS lock came later.
  void lock_term();
  // Throws FencedError if another term has begun, or if a settlement is not of an open request of this term.
  std::vector<Claim> settle_and_claim(std::span<const Settlement> settlements,
                                      const ClaimLimits& limits);
  // 0 = now; wall time; none = nothing waits that could be claimed.
  std::optional<std::int64_t> next_due_us();

  // The memory may differ from the file: read it again before the next use.
  void forget() noexcept { loaded_ = false; }

 private:
  struct OpenRequest {
    std::string request_id;
    std::vector<Item> items;
  };

  void require_term();
  void require_open(std::span<const Settlement> settlements) const;
  void load();
  void load_open_requests(std::unordered_set<std::int64_t>& in_flight);
  void load_delivered();
  void recover_open_requests(const ClaimLimits& limits);
  void settle(const Settlement& settlement);
  void settle_item(const Item& item, const UpdateOutcome& outcome, bool sent,
                   std::vector<Item>& halves);
  void complete(const Item& item);
  void retry(const Item& item, const UpdateOutcome& outcome, bool sent);
  void give_up(const Item& item, const UpdateOutcome& outcome, bool sent);
  // Takes the item's rows to what `change` makes of them.
  Item move(const Item& item, State state, std::string_view reason,
            const std::function<void(Entry&)>& change);
  // Each update of the item is sent alone from now on.
  void part(const Item& item, const UpdateOutcome& outcome);
  // Remembers in the file what was sent as one.
  Item keep_composition(const Item& item, const UpdateOutcome& outcome);
  void release(const Item& item, const UpdateOutcome& outcome);
  // A wall time as the memory knows it: 0 = it is over.
  std::int64_t due_mono_us(std::int64_t wall_us) const;
  void close_request(std::int64_t request_seq);
  void refill(std::size_t wanted, bool untried_only);
  std::optional<Claim> claim_one(const ClaimLimits& limits, bool untried_only);
  // Fills the claim from the taken items until it is full; puts the others back.
  std::vector<Item> fill(Claim& claim, const std::vector<Item>& taken, const ClaimLimits& limits);
  void supersede(const Composed::Superseded& update);
  void open_request(Claim& claim, std::vector<Item> items, const ClaimLimits& limits);
  void beat();
  std::string new_request_id();

  sqlite::Database& database_;
  Journal& journal_;
  Pending& pending_;
  Clock& clock_;
  Random& random_;
  Composer composer_;
  sqlite::Statement open_;
  sqlite::Statement close_;
  sqlite::Statement get_meta_;
  sqlite::Statement set_meta_;

  std::int64_t meta(std::string_view name);
  void set_meta(std::string_view name, std::int64_t value);

  std::int64_t epoch_ = 0;
  bool loaded_ = false;
  std::int64_t revivals_ = 0;
  std::int64_t cursor_ = 0;  // untried updates up to this seq are in memory or done
  std::int64_t delivered_until_us_ = 0;
  std::int64_t last_beat_mono_us_ = 0;
  Waiting waiting_;
  Delivered delivered_;
  std::unordered_map<std::int64_t, OpenRequest> open_requests_;
  std::unordered_set<std::int64_t> skip_;  // in flight when the memory was read
};

}  // namespace cxrelay::queue
