#include "queue/put.hpp"

#include <fmt/format.h>

#include <string>

namespace cxrelay::queue {
Receipt store(const PreparedPut& put, Journal& journal, Pending& pending) {
  const NewUpdate& update = *put.update;
  Receipt receipt;
  receipt.idempotency_key = update.idempotency_key;
  std::string detail;
  if (const auto known =
          journal.find(update.event_time_us, update.interaction_id, put.fingerprint)) {
    if (known->same_fingerprint) {
      return {PutStatus::duplicate, known->seq, journal.key_of(known->seq)};
    }
    receipt.status = PutStatus::conflict;
    receipt.idempotency_key.append("#").append(to_hex(put.fingerprint), 0, 16);
    detail = fmt::format("{{\"conflict_with\":{}}}", known->seq);
  }
  if (update.mapped.empty()) receipt.status = PutStatus::empty;

  NewRecord record;
  record.action = update.mapped.empty() ? "skipped" : "accepted";
  record.idempotency_key = receipt.idempotency_key;
  record.interaction_id = update.interaction_id;
  record.event_time_us = update.event_time_us;
  record.fingerprint = &put.fingerprint;
  record.mapping_version = update.mapping_version;
  record.detail = detail;
  record.salt = &put.salt;
  record.original = update.original;
  record.mapped = update.mapped;
  record.original_digest = put.original_digest;
  record.mapped_digest = put.mapped_digest;
  receipt.seq = journal.append(record);

  journal.counters().accepted += 1;
  if (update.mapped.empty()) {
    journal.counters().empty += 1;
  } else {
    Entry entry;
    entry.seq = receipt.seq;
    entry.interaction = interaction_hash(update.interaction_id);
    entry.event_time_us = update.event_time_us;
    pending.insert(State::pending, entry);
  }
  return receipt;
}

}  // namespace cxrelay::queue
