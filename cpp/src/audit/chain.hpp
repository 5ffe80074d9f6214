// The hash chain of the journal (docs/audit.md has the grammar and a worked example).
//
//   digest(payload) = SHA-256(0x01 || salt (16 bytes) || payload)
//   hash(record)    = SHA-256(0x00 || field(seq) || field(time_us) || field(action) || field(idempotency_key)
//                             || field(interaction_id) || field(event_time_us) || field(mapping_version)
//                             || field(request_id) || field(detail)
//                             || field(digest(original)) || field(digest(mapped)) || previous hash)
//   field(x)        = length of x as 4 bytes, big endian || x        (integers as decimal text, absent = length 0)
//
// The hash before the first record is 32 zero bytes. These encodings are persisted: do not change them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "cxrelay/audit.hpp"

namespace cxrelay {

// The chained fields of one record, as views.
struct ChainFields {
  std::int64_t seq = 0;
  std::int64_t time_us = 0;
  std::string_view action;
  std::string_view idempotency_key;
  std::string_view interaction_id;
  std::optional<std::int64_t> event_time_us;
  std::string_view mapping_version;
  std::string_view request_id;
  std::string_view detail;
  std::optional<Digest> original_digest;
  std::optional<Digest> mapped_digest;
};

// The encoding of one field.
void append_field(std::string& out, std::string_view value);
void append_field(std::string& out, std::int64_t value);

Digest payload_digest(Sha256& hasher, std::span<const std::byte, 16> salt,
                      std::string_view payload);

Digest chain_hash(Sha256& hasher, const ChainFields& fields, const Digest& previous);

// The same for a stored record: takes a payload's digest from the payload, or the kept digest when it was erased.
Digest chain_hash(Sha256& hasher, const AuditRecord& record, const Digest& previous);

}  // namespace cxrelay
