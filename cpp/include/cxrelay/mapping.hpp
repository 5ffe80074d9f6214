// Mapping: compiled rules from event fields to target attributes (DESIGN section 7, docs/mapping.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cxrelay/errors.hpp"
#include "cxrelay/event.hpp"

namespace cxrelay {

// What one event gives: the update's identity and the attributes to write.
struct MappedEvent {
  std::string interaction_id;
  std::string idempotency_key;  // "<interaction id>_<timestamp isoformat>"
  std::int64_t event_time_us = 0;
  std::string payload;  // JSON object to write, e.g. {"attributes":{...}}; empty = nothing to write
};

// The same without copies.
struct MappedView {
  std::string_view interaction_id;
  std::string_view idempotency_key;
  std::int64_t event_time_us = 0;
  std::string_view payload;
};

enum class RuleOutcome {
  written,       // the value stands in the payload
  used_default,  // there was no value: the rule's default was written
  empty,         // what the source holds is empty, or has become empty: nothing was written
  missing,       // the event has nothing at the source: nothing was written
};
// written, default, empty, missing
std::string_view to_text(RuleOutcome outcome) noexcept;

// What one rule did with an event.
struct RuleTrace {
  std::size_t rule = 0;              // its place in rules_json(), from 0
  std::string source;                // `from` and `to` as in rules_json()
  std::vector<std::string> applied;  // functions that ran, in order; `lookup` if a table was asked
  std::string target;
  RuleOutcome outcome = RuleOutcome::missing;
};

using MapResult = std::variant<MappedEvent, std::vector<ErrorDetail>>;

// Immutable once compiled; any number of threads may use one.
class Mapping {
 public:
  // The tutorial's mapper (its step 2, with agentName).
  static Mapping default_mapping();

  // Compiles rules from JSON text: an array of rule objects, an object {"rules": [...]}, or the
  // tutorial's shorthand object {"source": "target", ...}. Throws MappingError with the place.
  static Mapping from_json(std::string_view rules);

  // Twelve hex digits of the SHA-256 of the compiled rules: equal rules have equal versions.
  const std::string& version() const noexcept;
  // The rules in full form as JSON text; from_json(rules_json()) gives an equal mapping.
  std::string rules_json() const;

  // Equal rules, however they were written.
  friend bool operator==(const Mapping& a, const Mapping& b) noexcept;

  // Payload for an event already parsed; empty text = nothing to write. Throws ValidationError if a rule
  // demands a value that is not there.
  std::string apply(const InteractionEvent& event) const;

  // What each rule did with the event in `raw`, in the order of the rules. Holds no value of the event. The input
  // limits are not asked: the event is taken to have been accepted once. Throws ValidationError if `raw` is no event;
  // a rule that demands a value which is not there is told as `empty` or `missing`.
  std::vector<RuleTrace> trace(std::string_view raw) const;

  // Parse, validate and map in one pass over `raw`: the hot path. Reuses per-thread buffers.
  MapResult apply_json(std::string_view raw, const InputLimits& limits = {}) const;

  // As above, into a result whose strings keep their capacity. True if valid; otherwise `errors` is filled.
  bool apply_json(std::string_view raw, const InputLimits& limits, MappedEvent& out,
                  std::vector<ErrorDetail>& errors) const;

  // As above, but `out` is valid only until this thread maps another event.
  bool map_json(std::string_view raw, const InputLimits& limits, MappedView& out,
                std::vector<ErrorDetail>& errors) const;

 private:
  struct Compiled;
  explicit Mapping(std::shared_ptr<const Compiled> compiled);
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace cxrelay
