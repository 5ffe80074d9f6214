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

// The receipt stays where it is until the rows are written: its key goes into one.
void append(const PreparedPut& put, Journal& journal, Receipt& receipt) {
  const NewUpdate& update = *put.update;
  receipt.idempotency_key = update.idempotency_key;
  std::string conflict;
  if (const auto known =
          journal.find(update.event_time_us, update.interaction_id, put.fingerprint)) {
    if (known->same_fingerprint) {
      receipt = {PutStatus::duplicate, known->seq, journal.key_of(known->seq)};
      return;
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
  receipt.seq = detail.empty() ? journal.append_later(record) : journal.append(record);

  journal.counters().accepted += 1;
  if (update.mapped.empty()) journal.counters().empty += 1;
}

}  // namespace

void store(Preparation& prepared, Journal& journal, Pending& pending,
           std::vector<Receipt>& receipts) {
  const auto before = journal.seq();
  const auto first = receipts.size();
  receipts.resize(first + prepared.size());
  try {
    for (std::size_t i = 0; i < prepared.size(); ++i) {
      append(prepared.at(i), journal, receipts[first + i]);
    }
  } catch (...) {
    journal.write_rows();  // who failed after the first row must be seen to have written
    throw;
  }
  journal.write_rows();
  pending.insert_accepted_after(before);
}

}  // namespace cxrelay::queue
