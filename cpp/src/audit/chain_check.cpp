#include "audit/chain_check.hpp"

#include <fmt/format.h>

namespace cxrelay {

bool ChainCheck::next(std::string_view line) {
  if (!reader_.read(line) || !reader_.is_exact()) return fail(reader_.problem());
  if (records_ == 0) begin_earlier();
  if (!follows()) return false;
  const AuditLine& record = reader_.line();
  if (recompute() != record.hash) {
    return fail(
        fmt::format("seq {} was changed: its hash does not fit its content", record.fields.seq));
  }
  if (first_seq_ == 0) {
    first_seq_ = record.fields.seq;
    first_previous_ = record.previous;
    first_hash_ = record.hash;
  }
  last_seq_ = record.fields.seq;
  last_hash_ = record.hash;
  last_time_us_ = record.fields.time_us;
  ++records_;
  return true;
}

// What may be gone is still there, all or some of it.
void ChainCheck::begin_earlier() {
  const AuditLine& first = reader_.line();
  if (!last_seq_ || first.fields.seq > *last_seq_) return;
  last_seq_ = first.fields.seq - 1;
  last_hash_ = *last_seq_ == 0 ? Digest{} : first.previous;
}

bool ChainCheck::follows() {
  const AuditLine& record = reader_.line();
  if (!last_seq_) return true;
  const std::int64_t seq = record.fields.seq;
  const std::int64_t expected = *last_seq_ + 1;
  if (seq > expected) return fail(fmt::format("seq {} to {} are missing", expected, seq - 1));
  if (seq < expected) {
    return fail(fmt::format("seq {} stands where {} was expected", seq, expected));
  }
  if (record.previous != last_hash_) {
    return fail(fmt::format("seq {} does not continue the record before it", seq));
  }
  return true;
}

Digest ChainCheck::recompute() {
  const AuditLine& record = reader_.line();
  ChainFields fields = record.fields;
  if (record.original.form != PayloadForm::none) {
    fields.original_digest = payload_digest(hasher_, record.salt, record.original.bytes);
  }
  if (record.mapped.form != PayloadForm::none) {
    fields.mapped_digest = payload_digest(hasher_, record.salt, record.mapped.bytes);
  }
  return chain_hash(hasher_, fields, record.previous);
}

bool ChainCheck::fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

}  // namespace cxrelay
