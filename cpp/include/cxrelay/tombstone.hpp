// Retention of an exported audit trail by age: closed segments that are old enough are removed, and a signed tombstone
// says so (docs/audit.md, "Retention"). With a queue file at hand use cxrelay/retention.hpp, which records it there.
//
//   cxrelay::retain_trail({.path = "audit_transformations.log",
//                          .key_path = "/safe/checkpoint.pem",
//                          .older_than_us = a_year_ago});
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cxrelay/audit.hpp"
#include "cxrelay/clock.hpp"

namespace cxrelay {

// Says under a key that the records first_seq to seq of a trail were removed because they were old. Tombstones of a
// trail go on from each other: the first begins with record 1.
struct Tombstone {
  ChainHash trail{};                      // hash of record 1
  std::int64_t first_seq = 1;             // the first record that was removed
  std::int64_t seq = 0;                   // the last one
  ChainHash hash{};                       // and its hash, from which the rest of the trail goes on
  std::int64_t older_than_us = 0;         // the limit: each of them was recorded before this; UTC
  std::int64_t time_us = 0;               // when it was signed: wall time, UTC
  std::string key_id;                     // as of a checkpoint
  std::array<std::byte, 64> signature{};  // Ed25519
};

// The one line of JSON that is this tombstone, without '\n'.
std::string to_line(const Tombstone& tombstone);

struct RetentionOptions {
  std::string path = "audit_transformations.log";  // the open segment
  std::string key_path = {};                       // the private key that signs, as for checkpoints
  std::int64_t older_than_us = 0;  // wall time: segments that end before this are removed
  bool dry_run = false;            // only say what would be removed
  // Called with the tombstone when it is on disk, before the first file is removed; again by a call that finishes
  // what another began. If it throws, nothing is removed yet.
  std::function<void(const Tombstone&)> before_removal = {};
  std::shared_ptr<Clock> clock = {};  // empty, the default = the system's
};

struct RetainedTrail {
  std::vector<std::string> removed;  // files, the oldest first; for a dry run those that would be
  std::int64_t records = 0;          // in them
  // Of the whole trail: the last record that was ever removed, now or before; 0 = none. In a dry run this call's too.
  std::int64_t last_seq = 0;
};

// Removes closed segments from the start of the trail on, as long as each record in them is older than the limit. The
// open segment stays, and so does the last record of the trail. The trail is verified first: one that does not hold
// together is left alone. A line is appended to `<path>.tombstones` and synced before the first file goes; killed
// anywhere, the trail verifies, and the next call finishes. Waits for an exporter at work.
// Throws ConfigError (no key, or a limit that is still to come), AuditError or StoreError.
RetainedTrail retain_trail(const RetentionOptions& options);

}  // namespace cxrelay
