// A tombstone as one line of JSON, the bytes that its signature is over, and the file of them (docs/audit.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ed25519.hpp"
#include "cxrelay/tombstone.hpp"
#include "json/document.hpp"

namespace cxrelay {

// Every line begins so.
inline constexpr std::string_view kTombstoneStart = R"({"tombstone":1,)";

// None if `line` (without its '\n') is not, byte for byte, the line of some tombstone. The
// signature is not looked at. `scratch` is parsed anew.
std::optional<Tombstone> read_tombstone(std::string_view line, json::Document& scratch);

// These bytes are what is signed: they do not change.
//
//   F("cxrelay audit tombstone 1") || F(trail) || F(first seq) || F(seq) || F(hash) || F(older than) || F(time_us)
//   || F(key id)
//
// with F as in chain.hpp: trail and hash as 32 bytes, integers as decimal text, the key id as text.
std::string signed_bytes(const Tombstone& tombstone);

// Sets key id and signature.
void sign(Tombstone& tombstone, const SigningKey& key);

// Where the tombstones of a trail are.
std::string tombstone_path(const std::string& trail_path);

struct TombstoneFile {
  std::vector<Tombstone> tombstones;  // the n-th stands in line n; up to the first problem
  std::string problem;                // what is wrong with the line after these; empty = nothing
};

// A file that is not there holds none. What follows the last '\n' is an append that a crash cut short: nothing was
// removed for it, and it counts as nothing. Throws AuditError if the file cannot be read.
TombstoneFile read_tombstones(const std::string& path);

}  // namespace cxrelay
