// Signed checkpoints: where an audit trail ended at some moment, under a key. Kept apart from the trail, they
// show a tail that was cut off and a trail that was written anew with a valid chain (docs/audit.md, "Checkpoints").
//
//   cxrelay::generate_checkpoint_key("/safe/checkpoint.pem");
//   auto checkpoint = cxrelay::sign_checkpoint("audit_transformations.log", "/safe/checkpoint.pem");
//   cxrelay::write_checkpoint(checkpoint, "/elsewhere/checkpoints.jsonl");
//   cxrelay::verify_audit("audit_transformations.log",
//                         {"/elsewhere/checkpoints.jsonl", {"/safe/checkpoint.pem.pub"}});
//
// An export signs by itself if ExportOptions::checkpoint names a key. No message and no output holds any part of
// a private key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cxrelay/audit.hpp"
#include "cxrelay/clock.hpp"

namespace cxrelay {

struct Checkpoint {
  ChainHash
      trail{};  // hash of record 1, which tells trails apart; zeros for a trail without records
  std::int64_t seq = 0;      // last record of the trail
  ChainHash hash{};          // and its hash; zeros for a trail without records
  std::int64_t time_us = 0;  // when it was signed: wall time, UTC
  std::string key_id;        // first 16 hex digits of SHA-256 of the public key's 32 bytes
  std::array<std::byte, 64> signature{};  // Ed25519
};

// The one line of JSON that is this checkpoint, without '\n'.
std::string to_line(const Checkpoint& checkpoint);

// Makes an Ed25519 key: the private one in `path` (PEM, PKCS#8, 0600), the public one in `path`.pub (PEM). Both are
// synced. Returns the key's id. Throws AuditError if one of the files exists already or cannot be written.
std::string generate_checkpoint_key(const std::string& path);

// Verifies the trail at `path`, syncs its last file and signs where it ends. `clock` empty = the system's.
// Throws AuditError if the trail does not verify (it is not signed then), or if a file cannot be read; also for a key
// file that others may read.
Checkpoint sign_checkpoint(const std::string& path, const std::string& key_path,
                           const std::shared_ptr<Clock>& clock = nullptr);

// Hands the line out. `output`: "-" = standard output, "syslog" = syslog(3) (facility auth, level notice), else a
// file (0600) that the line is appended to, synced when the call returns. Throws AuditError.
void write_checkpoint(const Checkpoint& checkpoint, const std::string& output);

struct CheckpointFiles {
  // Lines as write_checkpoint writes them, in any order; empty = none are at hand.
  std::string checkpoints = {};
  std::vector<std::string> public_keys = {};  // PEM; several after a change of keys
  // A copy of the trail's tombstones to look at instead; empty, the default = `<path of the trail>.tombstones`.
  std::string tombstones = {};
};

// As verify_audit(path), and every checkpoint must be signed by one of the keys and name a record of the trail with
// the hash that it has there; of a record that retention has removed only the trail can be compared. With keys, every
// tombstone must be signed by one of them too. A problem of a checkpoint or a tombstone is reported with its file and
// line.
// Throws AuditError for a file that cannot be read.
VerifyResult verify_audit(const std::string& path, const CheckpointFiles& files);

}  // namespace cxrelay
