// Verifying a trail for whoever goes on to work on its files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/segments.hpp"
#include "base/digest.hpp"
#include "base/ed25519.hpp"
#include "cxrelay/audit.hpp"
#include "cxrelay/tombstone.hpp"

namespace cxrelay {

// A closed segment as verification has found it.
struct CheckedSegment {
  Segment segment;
  std::int64_t newest_us = 0;  // the latest time in its records
  Digest last_hash{};          // of its last record
};

struct CheckedTrail {
  VerifyResult result;
  std::vector<CheckedSegment> closed;  // those that verified, by sequence
  std::vector<Tombstone> tombstones;   // oldest first
};

// As verify_audit(), for a caller that holds the trail's lock. Of the tombstones' signatures, those that `key` claims
// to have made are checked. Throws AuditError for a file that cannot be read.
CheckedTrail check_locked_trail(const std::string& path, const PublicKey& key);

}  // namespace cxrelay
