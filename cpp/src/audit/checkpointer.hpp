// The checkpoints that an export signs by itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/ed25519.hpp"
#include "cxrelay/checkpoint.hpp"

namespace cxrelay {

// Is it time for a checkpoint of a trail that ends with `seq`? A clock that went back counts as
// time.
bool is_checkpoint_due(const std::optional<Checkpoint>& last, std::int64_t seq, std::int64_t now_us,
                       const CheckpointOptions& options);

// Remembers the last checkpoint in `<trail>.last-checkpoint`, so that intervals go on from process to
// process. That file may be lost or damaged: the next checkpoint then comes early. The caller holds
// the trail's lock.
class Checkpointer {
 public:
  // Both must outlive it.
  Checkpointer(AuditSource& source, const ExportOptions& options);

  // Records up to `seq`, whose hash is `hash`, are on disk. Signs if it is time. Never throws for
  // what goes wrong with a checkpoint: that waits for finish(), since records come first.
  void synced(std::int64_t seq, const Digest& hash);

  // Throws AuditError if a checkpoint that was due could not be made.
  void finish() const;

 private:
  void prepare();
  void sign_if_due(std::int64_t seq, const Digest& hash);
  Digest trail();
  void remember(const Checkpoint& checkpoint) const;

  AuditSource& source_;
  const ExportOptions& options_;
  std::shared_ptr<Clock> clock_;
  std::string state_path_;
  std::optional<SigningKey> key_;
  std::optional<Digest> trail_;
  std::optional<Checkpoint> last_;
  std::string problem_;
};

}  // namespace cxrelay
