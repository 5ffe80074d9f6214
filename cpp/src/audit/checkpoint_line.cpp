#include "audit/checkpoint_line.hpp"

#include <fmt/format.h>

#include "audit/chain.hpp"
#include "audit/signed_line.hpp"
#include "base/time_text.hpp"

namespace cxrelay {
namespace {

constexpr std::string_view kCheckpointDomain = "cxrelay audit checkpoint 1";

// A trail without records has neither a first nor a last hash; any other has both.
bool is_plausible(const Checkpoint& checkpoint) {
  const bool is_empty = checkpoint.trail == ChainHash{} && checkpoint.hash == ChainHash{};
  const bool is_first = checkpoint.trail == checkpoint.hash;
  if (checkpoint.time_us < kFirstUtcUs || checkpoint.time_us > kLastUtcUs) return false;
  if (checkpoint.seq == 0) return is_empty;
  return checkpoint.seq == 1 ? is_first : checkpoint.seq > 1;
}

}  // namespace

std::string to_line(const Checkpoint& checkpoint) {
  return fmt::format(
      R"({}"time":"{}","timeUs":{},"seq":{},"hash":"{}","trail":"{}","keyId":"{}","signature":"{}"}})",
      kCheckpointStart, utc_text(checkpoint.time_us), checkpoint.time_us, checkpoint.seq,
      to_hex(checkpoint.hash), to_hex(checkpoint.trail), checkpoint.key_id,
      to_hex(checkpoint.signature));
}

std::optional<Checkpoint> read_checkpoint(std::string_view line, json::Document& scratch) {
  const SignedMembers members(line, scratch);
  Checkpoint checkpoint;
  const bool is_complete =
      members.integer("timeUs", checkpoint.time_us) && members.integer("seq", checkpoint.seq) &&
      members.hex("hash", checkpoint.hash) && members.hex("trail", checkpoint.trail) &&
      members.key_id(checkpoint.key_id) && members.hex("signature", checkpoint.signature);
  if (!is_complete || !is_plausible(checkpoint) || to_line(checkpoint) != line) return std::nullopt;
  return checkpoint;
}

std::string signed_bytes(const Checkpoint& checkpoint) {
  std::string out;
  append_field(out, kCheckpointDomain);
  append_field(out, as_chars(checkpoint.trail));
  append_field(out, checkpoint.seq);
  append_field(out, as_chars(checkpoint.hash));
  append_field(out, checkpoint.time_us);
  append_field(out, checkpoint.key_id);
  return out;
}

void sign(Checkpoint& checkpoint, const SigningKey& key) {
  checkpoint.key_id = key_id_of(key.public_key());
  checkpoint.signature = key.sign(signed_bytes(checkpoint));
}

bool is_signed_by(const PublicKey& key, const Checkpoint& checkpoint) {
  return checkpoint.key_id == key_id_of(key) &&
         is_signed_by(key, signed_bytes(checkpoint), checkpoint.signature);
}

}  // namespace cxrelay
