// What checkpoints and tombstones share: one line of JSON with a signature of an Ed25519 key.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ed25519.hpp"
#include "json/document.hpp"

namespace cxrelay {

// The members of a line. Whoever reads it writes it once more and compares.
class SignedMembers {
 public:
  // `scratch` is parsed anew and must outlive it.
  SignedMembers(std::string_view line, json::Document& scratch);

  // Each false if there is no such member, or if it is not what it must be.
  bool integer(std::string_view key, std::int64_t& out) const;
  bool hex(std::string_view key, std::span<std::byte> out) const;
  bool key_id(std::string& out) const;

 private:
  const json::Node* member(std::string_view key, json::Kind kind) const;

  const json::Document* document_ = nullptr;  // none = not a line of JSON
};

// The first 16 hex digits of SHA-256 of the key's 32 bytes.
std::string key_id_of(const PublicKey& key);

// The keys that something may be signed with.
class KnownKeys {
 public:
  KnownKeys() = default;
  // Files in PEM. Throws AuditError for one that is no public key.
  explicit KnownKeys(const std::vector<std::string>& paths);

  void add(const PublicKey& key);
  bool empty() const noexcept { return keys_.empty(); }
  bool has(std::string_view key_id) const { return keys_.contains(key_id); }

  // Why the signature of a `noun` is not good; empty if it is.
  std::string problem(std::string_view noun, std::string_view key_id, std::string_view message,
                      const Signature& signature) const;

 private:
  std::map<std::string, PublicKey, std::less<>> keys_;  // by id
};

// Appends `line` and a '\n' to a file (0600, not through a link), synced when the call returns. What a crash left of a
// line is cut off first; a file that ends with anything but a line that begins with `start` is left alone. `noun` is
// for messages. Throws AuditError or StoreError.
void append_signed_line(const std::string& path, std::string_view line, std::string_view start,
                        std::string_view noun);

}  // namespace cxrelay
