// A checkpoint as one line of JSON, and the bytes that its signature is over (docs/audit.md has both).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ed25519.hpp"
#include "cxrelay/checkpoint.hpp"
#include "json/document.hpp"

namespace cxrelay {

// Every line begins so.
inline constexpr std::string_view kCheckpointStart = R"({"checkpoint":1,)";

// None if `line` (without its '\n') is not, byte for byte, the line of some checkpoint. The
// signature is not looked at. `scratch` is parsed anew.
std::optional<Checkpoint> read_checkpoint(std::string_view line, json::Document& scratch);

// These bytes are what is signed: they do not change.
//
//   F("cxrelay audit checkpoint 1") || F(trail) || F(seq) || F(hash) || F(time_us) || F(key id)
//
// with F as in chain.hpp: trail and hash as 32 bytes, integers as decimal text, the key id as text.
std::string signed_bytes(const Checkpoint& checkpoint);

// Sets key id and signature.
void sign(Checkpoint& checkpoint, const SigningKey& key);
bool is_signed_by(const PublicKey& key, const Checkpoint& checkpoint);

}  // namespace cxrelay
