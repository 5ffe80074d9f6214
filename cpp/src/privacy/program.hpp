// A compiled policy: from a parsed event to the text that is stored of it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/privacy.hpp"
#include "json/document.hpp"
#include "privacy/name_index.hpp"
#include "privacy/pattern.hpp"
#include "privacy/rules.hpp"
#include "privacy/substitute.hpp"

namespace cxrelay::privacy {

class Program {
 public:
  // Throws ConfigError if something is to be hashed and there is no key.
  Program(const Rules& rules, std::optional<HashKey> key);

  PrivacyAction default_action() const noexcept { return default_action_; }
  const std::optional<HashKey>& key() const noexcept { return key_; }

  // Writes the text to store into `out`. False, and `out` is left alone, if nothing is to be changed: then the event is
  // stored as it came.
  bool rewrite(const json::Document& event, StoredOriginal& out) const {
    return may_change(event) && write_changed(event, out);
  }

  // The rule that decides about the value at `path`; nullptr if none means it.
  const Rule* rule_for(std::span<const Place> path) const;

 private:
  bool may_change(const json::Document& event) const;
  bool write_changed(const json::Document& event, StoredOriginal& out) const;

  std::vector<Rule> rules_;
  NameIndex names_;
  PrivacyAction default_action_;
  std::optional<HashKey> key_;
};

// For the detail of the event's record: {"policy":"<version>","dropped":1,"masked":0,"hashed":2}.
std::string record_note(std::string_view version, const PrivacyCounts& counts);

}  // namespace cxrelay::privacy
