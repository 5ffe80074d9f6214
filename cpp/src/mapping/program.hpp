// Compiled rules: from an event to a payload, without looking at a rule's text again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/mapping.hpp"
#include "event/event_view.hpp"
#include "mapping/layout.hpp"
#include "mapping/output.hpp"
#include "mapping/rule.hpp"
#include "mapping/selector.hpp"
#include "mapping/value.hpp"

namespace cxrelay::mapping {

// What a run needs besides the event; kept for the next one.
struct Workspace {
  std::vector<const json::Node*> slots;
  Scratch scratch;
  Output output;
};

class Program {
 public:
  // Throws MappingError if targets collide.
  explicit Program(std::vector<Rule> rules);

  const std::vector<Rule>& rules() const noexcept { return rules_; }

  // Writes the payload of `event` into the workspace's output (nothing = nothing to write).
  // `timestamp` is the event's time as isoformat. False if a rule demands a value that is not there:
  // `errors` gets one entry for each.
  bool run(const EventView& event, std::string_view timestamp, Workspace& workspace,
           std::vector<ErrorDetail>& errors) const;

  // What each rule does with `event`, in the order of the rules.
  std::vector<RuleTrace> trace(const EventView& event, std::string_view timestamp,
                               Workspace& workspace) const;

 private:
  struct Run;
  // How the value of a member is found.
  struct Step {
    bool is_field = false;
    bool is_time = false;    // the event's timestamp, as isoformat
    bool is_copied = false;  // from its slot, by no function and no lookup
    char first_flipped = 0;  // 'a' if upper() alone is applied, 'A' if lower() alone is
    std::uint32_t slot = 0;
  };
  std::vector<Step> make_steps();

  std::vector<Rule> rules_;
  Layout layout_;
  Selector in_attributes_;
  Selector in_body_;
  std::uint32_t slot_count_ = 0;
  std::vector<Step> steps_;  // of each member of the layout
};

}  // namespace cxrelay::mapping
