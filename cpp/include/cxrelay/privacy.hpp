// PrivacyPolicy: what of an event's original is kept, masked, hashed under a key or dropped before it is stored
// (docs/privacy.md).
//
//   const auto key = cxrelay::read_privacy_key("/safe/privacy.key");
//   config.privacy = cxrelay::PrivacyPolicy::from_json(
//       R"({"fields": {"customer.phone": "mask", "attributes.email": "hash"}})", key);
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/event.hpp"

namespace cxrelay {

namespace privacy {
class Program;
}

enum class PrivacyAction {
  keep,
  hash,  // replaced by "hmac-sha256:<key id>:<hex>"
  mask,  // replaced by "***"
  drop   // the member or element is taken out
};
std::string_view to_text(PrivacyAction action) noexcept;

// Values of one event.
struct PrivacyCounts {
  std::int64_t dropped = 0;
  std::int64_t masked = 0;
  std::int64_t hashed = 0;

  std::int64_t all() const noexcept { return dropped + masked + hashed; }
  friend bool operator==(const PrivacyCounts&, const PrivacyCounts&) = default;
};

// What is stored of an event.
struct StoredOriginal {
  std::string text;  // the bytes as they came if nothing was changed
  PrivacyCounts counts;
};

// Immutable once compiled; any number of threads may use one.
class PrivacyPolicy {
 public:
  // Masks members whose names mean secrets: secret_names().
  static PrivacyPolicy default_policy();

  // Compiles rules from JSON text, every member of it optional:
  //   {"defaults": true, "default_action": "keep",
  //    "fields": {"customer.phone": "mask", "card": {"action": "mask", "keep_last": 4}}}
  // `key` is for hash: 16 to 4096 bytes, or empty. Throws ConfigError that names the field.
  static PrivacyPolicy from_json(std::string_view rules, std::string_view key = {});

  // Patterns of the names that the defaults mask: "*password" stands for every name that ends so.
  static std::vector<std::string> secret_names();

  // Twelve hex digits: equal policies with equal keys have equal versions.
  const std::string& version() const noexcept;
  // Eight hex digits that tell the key from others; empty without a key.
  const std::string& key_id() const noexcept;
  // The rules in full form, without the key; from_json(rules_json(), key) gives an equal policy.
  std::string rules_json() const;

  // What would be stored of an event. Throws ValidationError if it is no JSON object within the limits.
  StoredOriginal apply(std::string_view event, const InputLimits& limits = {}) const;

  // For the engine, which has parsed the event already.
  const privacy::Program& program() const noexcept;

  friend bool operator==(const PrivacyPolicy& a, const PrivacyPolicy& b) noexcept {
    return a.compiled_ == b.compiled_ || a.version() == b.version();
  }

 private:
  struct Compiled;
  explicit PrivacyPolicy(std::shared_ptr<const Compiled> compiled);
  std::shared_ptr<const Compiled> compiled_;
};

// The key in a file, without line ends behind it. Throws ConfigError if the file is a symbolic link, if others may
// read or write it, or if it holds fewer than 16 bytes or more than 4096.
std::string read_privacy_key(const std::string& path);

}  // namespace cxrelay
