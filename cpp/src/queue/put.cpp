#include "queue/put.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "json/write.hpp"

namespace cxrelay::queue {
namespace {

// One hasher a thread: fetching the algorithm anew costs more than hashing an event.
Sha256& thread_hasher() {
  static thread_local const auto hasher = std::make_unique<Sha256>();
  return *hasher;
}

PreparedPut prepare_one(const NewUpdate& update, const Salt& salt) {
  PreparedPut put;
  put.update = &update;
  put.salt = salt;
  put.fingerprint = fingerprint_of(update.original.empty() ? update.mapped : update.original);
  Sha256& hasher = thread_hasher();
  if (!update.original.empty()) put.original_digest = payload_digest(hasher, salt, update.original);
  if (!update.mapped.empty()) put.mapped_digest = payload_digest(hasher, salt, update.mapped);
  return put;
}

}  // namespace

Fingerprint fingerprint_of(std::string_view json) {
  static thread_local std::string minified;
  minified.clear();
  json::append_minified(minified, json);
  const Digest digest = thread_hasher().begin().add(minified).finish();
  Fingerprint fingerprint;
  std::copy_n(digest.begin(), fingerprint.size(), fingerprint.begin());
  return fingerprint;
}

std::vector<PreparedPut> prepare(std::span<const NewUpdate> updates, Random& random) {
  std::vector<Salt> salts(updates.size());
  random.fill(std::as_writable_bytes(std::span(salts)));
  std::vector<PreparedPut> out;
  out.reserve(updates.size());
  for (std::size_t i = 0; i < updates.size(); ++i) out.push_back(prepare_one(updates[i], salts[i]));
  return out;
}

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
    receipt.idempotency_key += "#" + to_hex(put.fingerprint).substr(0, 16);
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
