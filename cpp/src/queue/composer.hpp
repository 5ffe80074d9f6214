// From an item that is taken to what is sent for it (P5): reads its updates, leaves out what newer delivered events
// have set, and merges the rest into one payload.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cxrelay/queue.hpp"
#include "queue/delivered.hpp"
#include "queue/pending.hpp"
#include "queue/waiting.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {

struct Composed {
  Item item;             // the updates that are sent; empty if none is
  ClaimedUpdate update;  // what is sent for them
  struct Superseded {
    Entry entry;
    std::string idempotency_key;
    std::string interaction_id;
  };
  std::vector<Superseded> superseded;  // nothing is left of them
  Item kept;  // they wait behind the item: too much for one, or another id with this hash
};

// What the deliverer remembers and a composition depends on.
struct DeliveryState {
  const Waiting& waiting;
  const Delivered& delivered;
  std::int64_t cursor;  // untried updates after this seq are not in memory
};

// Inside a transaction.
class Composer {
 public:
  Composer(sqlite::Database& database, Pending& pending);

  Composed compose(const Item& item, const DeliveryState& state);

 private:
  ClaimedUpdate read(const Entry& entry);
  // Takes out of the payload what newer delivered events have set.
  void reduce(const Entry& entry, const Item& item, const DeliveryState& state,
              ClaimedUpdate& update);
  bool waits(const Entry& late, std::int64_t seq, const Item& item, const DeliveryState& state);

  Pending& pending_;
  sqlite::Statement read_;
  sqlite::Statement newer_;
};

}  // namespace cxrelay::queue
