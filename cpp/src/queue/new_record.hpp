// A record on its way into the journal.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/digest.hpp"

namespace cxrelay::queue {

using Fingerprint = std::array<std::byte, 16>;
using Salt = std::array<std::byte, 16>;

// One record to append, as views. Its payloads' digests are computed by the caller, outside the transaction.
struct NewRecord {
  std::string_view action;
  std::string_view idempotency_key;
  std::string_view interaction_id;
  std::optional<std::int64_t> event_time_us;
  const Fingerprint* fingerprint = nullptr;
  std::string_view mapping_version;
  std::string_view request_id;
  std::string_view detail;
  const Salt* salt = nullptr;
  std::string_view original;  // empty = none
  std::string_view mapped;    // empty = none
  std::optional<Digest> original_digest;
  std::optional<Digest> mapped_digest;
};

}  // namespace cxrelay::queue
