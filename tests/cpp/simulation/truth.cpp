#include "truth.hpp"

namespace cxrelay::simulation {

void Truth::on_claim(const Claim& claim) {
  ++step;
  for (const auto& update : claim.updates) {
    KeyUse& use = keys_[update.idempotency_key];
    if (use.flying) use.sent = true;  // its deliverer died or hangs: nobody knows
    if (!update.merged.empty()) ++seen["merged"];
    if (update.attempts > 0) ++seen["sent again"];
    if (use.sent && use.payload != update.payload) {
      violations.push_back("key " + update.idempotency_key + " was sent with " + use.payload +
                           " and comes again with " + update.payload);
    }
    use.payload = update.payload;
    use.flying = true;
  }
}

void Truth::on_settled(const Claim& claim, const Settlement& settlement) {
  ++step;
  for (std::size_t i = 0; i < claim.updates.size(); ++i) {
    const auto& update = claim.updates[i];
    const auto outcome = settlement.outcomes[i].outcome;
    KeyUse& use = keys_[update.idempotency_key];
    use.flying = false;
    ++seen[std::string(to_text(outcome))];
    if (settlement.sent && outcome != Outcome::released) use.sent = true;
    const bool used_up = settlement.outcomes[i].used_up;
    if (outcome == Outcome::dead && !used_up && !update.merged.empty()) {
      keys_.erase(update.idempotency_key);
      ++seen["parted"];
    }
    if (outcome != Outcome::completed) continue;
    for (const auto seq : seqs_of(update)) completed_at.emplace(by_seq(seq).number, step);
  }
}

}  // namespace cxrelay::simulation
