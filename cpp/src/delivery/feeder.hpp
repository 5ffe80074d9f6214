// The thread between the queue and the sender: it claims, encodes and settles, and it alone waits
// for the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cxrelay/auth.hpp"
#include "cxrelay/clock.hpp"
#include "cxrelay/queue.hpp"
#include "cxrelay/target.hpp"
#include "delivery/access.hpp"
#include "delivery/exchange.hpp"
#include "delivery/reporter.hpp"
#include "delivery/reserve.hpp"
#include "delivery/tally.hpp"

namespace cxrelay::delivery {

// What both threads of a run work with.
struct Parts {
  Queue& queue;
  TokenProvider& tokens;
  const Target& target;
  const UpdaterOptions& options;
  Clock& clock;
  Random& random;
  Reporter& reporter;
  Tally& tally;
  std::shared_ptr<Exchange> exchange;  // shared: a put may call back while the run ends
  Access& access;
};

class Feeder {
 public:
  explicit Feeder(const Parts& parts);
  // Until the run is over. Throws nothing.
  void run() noexcept;

 private:
  struct Token {
    std::string text;
    std::uint64_t term = 0;
  };

  bool take_office();
  void keep_office();
  void recall_gate();
  void deliver();
  bool take_turn();
  void look_for_work();
  void leave_office() noexcept;
  bool gives_up() const;
  void rest(std::optional<std::int64_t> due_us);
  void await_foreign_put(std::int64_t wait_us);

  std::int64_t until_claim_us(std::int64_t due_in_us, std::int64_t now_us) const;
  Access::Quota quota() const;
  std::size_t room() const { return quota().requests; }
  bool claim_due(std::optional<std::int64_t> due_us) const;
  bool heartbeat_due() const;
  void transact(Access::Quota quota);
  std::optional<Token> fetch_token();
  ClaimLimits limits(const Access::Quota& quota, std::int64_t gate_opens_us) const;
  void recorded();
  void hand_over(std::vector<Claim> claims, const Token& token);
  void on_store_trouble(const StoreError& error);

  const Parts parts_;
  Exchange& exchange_;
  Reserve reserve_;
  std::vector<Settlement> settlements_;    // to be recorded by the next transaction
  std::int64_t transacted_us_ = 0;         // monotonic; of the last transaction
  std::int64_t in_office_us_ = 0;          // when it last looked whether the lock is its own
  int store_failures_ = 0;                 // in a row
  std::int64_t kept_gate_us_ = INT64_MIN;  // monotonic; what the queue knows of the gate
  bool dry_ = false;                       // the queue said "due" and gave nothing
};

}  // namespace cxrelay::delivery
