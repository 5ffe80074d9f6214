#include "queue/put.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace cxrelay::queue {
namespace {

// {"conflict_with":4,"privacy":{...}}, without what there is not; "" if there is neither.
std::string accepted_detail(std::string_view conflict, std::string_view privacy) {
  if (privacy.empty()) return conflict.empty() ? "" : fmt::format("{{{}}}", conflict);
  return fmt::format("{{{}{}\"privacy\":{}}}", conflict, conflict.empty() ? "" : ",", privacy);
}

Receipt append(const PreparedPut& put, Journal& journal) {
  const NewUpdate& update = *put.update;
  Receipt receipt;
  receipt.idempotency_key = update.idempotency_key;
  std::string conflict;
  if (const auto known =
          journal.find(update.event_time_us, update.interaction_id, put.fingerprint)) {
    if (known->same_fingerprint) {
      return {PutStatus::duplicate, known->seq, journal.key_of(known->seq)};
    }
    receipt.status = PutStatus::conflict;
    receipt.idempotency_key.append("#").append(to_hex(put.fingerprint), 0, 16);
    conflict = fmt::format("\"conflict_with\":{}", known->seq);
  }
  if (update.mapped.empty()) receipt.status = PutStatus::empty;

  NewRecord record;
  record.action = update.mapped.empty() ? "skipped" : "accepted";
  record.idempotency_key = receipt.idempotency_key;
  record.interaction_id = update.interaction_id;
  record.event_time_us = update.event_time_us;
  record.fingerprint = &put.fingerprint;
  record.mapping_version = update.mapping_version;
  const std::string detail = accepted_detail(conflict, update.privacy);
  record.detail = detail;
  record.salt = &put.salt;
  record.original = update.original;
  record.mapped = update.mapped;
  record.original_digest = put.original_digest;
  record.mapped_digest = put.mapped_digest;
  receipt.seq = journal.append(record);

  journal.counters().accepted += 1;
  if (update.mapped.empty()) journal.counters().empty += 1;
  return receipt;
}

}  // namespace

void store(Preparation& prepared, Journal& journal, Pending& pending,
           std::vector<Receipt>& receipts) {
  const auto before = journal.seq();
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    receipts.push_back(append(prepared.at(i), journal));
  }
  pending.insert_accepted_after(before);
}

}  // namespace cxrelay::queue
