// One process that delivers: an updater without its threads. Claims, sends, judges answers with the engine's own
// functions, settles; may crash, and may hang and come back when another has taken over.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cxrelay/queue.hpp"
#include "cxrelay/target.hpp"
#include "cxrelay/updater.hpp"
#include "dice.hpp"
#include "fake_clock.hpp"
#include "profile.hpp"
#include "truth.hpp"

namespace cxrelay::simulation {

// A request on its way.
struct Flight {
  Claim claim;
  std::uint64_t claimed_at = 0;  // step of the truth
};

class Worker {
 public:
  using Open = std::function<std::unique_ptr<Queue>()>;
  // Puts a request on the wire; its reply comes to on_reply() with the same number, or never.
  using Send = std::function<void(Worker&, std::uint64_t number, const Flight&, HttpRequest)>;

  // What all workers of a world share.
  struct Surroundings {
    const Profile& profile;
    const Target& target;
    testing::FakeClock& clock;
    Dice& dice;
    Truth& truth;
    Open open;
    Send send;
    std::function<void(std::int64_t)> set_epoch;  // in the file, behind the queue's back
  };

  explicit Worker(Surroundings& around) : around_(around) {}

  // One turn: what was answered is settled, and more is claimed and sent.
  void step();
  void on_reply(std::uint64_t number, const HttpReply& reply);
  // Everything it knew is gone; the wire does not know that.
  void crash();
  void hang(std::int64_t until_us) { hangs_until_us_ = until_us; }
  void end_faults() { may_fail_ = false; }
  bool is_idle() const { return flights_.empty() && settled_.empty() && unsent_.empty(); }
  // Monotonic time before which it sends nothing.
  std::int64_t gate_opens_us() const { return gate_opens_us_; }

 private:
  struct Settled {
    Flight flight;
    Settlement settlement;
  };

  bool hangs() const { return around_.clock.mono_us() < hangs_until_us_; }
  bool take_office();
  void exchange();
  void send_unsent();
  ClaimLimits limits() const;
  void lose_office();
  void judge_reply(const Flight& flight, HttpReply reply);
  void finish(const Flight& flight, Settlement settlement);
  void tamper(Claim& claim) const;
  std::string composed(const ClaimedUpdate& update) const;

  Surroundings& around_;
  std::unique_ptr<Queue> queue_;
  bool elected_ = false;
  bool may_fail_ = true;
  std::int64_t hangs_until_us_ = 0;
  std::int64_t gate_opens_us_ = 0;
  std::uint64_t numbers_ = 0;
  std::map<std::uint64_t, Flight> flights_;                 // on the wire
  std::vector<Flight> unsent_;                              // claimed before it began to hang
  std::vector<Settled> settled_;                            // to be recorded
  std::vector<std::pair<std::uint64_t, HttpReply>> inbox_;  // came while it hung
};

}  // namespace cxrelay::simulation
