#include "cxrelay/checkpoint.hpp"

#include "audit/checkpoint_key.hpp"
#include "audit/checkpoint_line.hpp"
#include "audit/line_stream.hpp"
#include "audit/segments.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"

namespace cxrelay {
namespace {

// Our exporter has synced what it closed; the open file may have been copied here a moment ago.
void sync_trail(const std::string& path) {
  try {
    const auto closed = list_segments(path);
    if (!closed.empty()) {
      if (const auto fd = open_for_reading(closed.back().path)) sync_data(fd->get());
    }
    if (const auto fd = open_for_reading(path)) sync_data(fd->get());
  } catch (const StoreError& error) {
    throw AuditError(error.what());
  }
}

}  // namespace

Checkpoint sign_checkpoint(const std::string& path, const std::string& key_path,
                           const std::shared_ptr<Clock>& clock) {
  const SigningKey key = read_signing_key(key_path);
  const VerifyResult found = verify_audit(path);
  if (!found.ok) {
    throw AuditError("not signed, because the trail does not verify: " + found.problem + " (" +
                     found.file + ":" + std::to_string(found.line) + ")");
  }
  sync_trail(path);
  Checkpoint checkpoint;
  checkpoint.seq = found.last_seq;
  if (found.records > 0) {
    from_hex(found.trail, checkpoint.trail);
    from_hex(found.last_hash, checkpoint.hash);
  }
  checkpoint.time_us = (clock ? clock : system_clock())->wall_us();
  sign(checkpoint, key);
  return checkpoint;
}

}  // namespace cxrelay
