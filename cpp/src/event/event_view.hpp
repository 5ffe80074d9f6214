// An event as views into a parsed document: what the hot path works on. Valid as long as the
// document.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/event.hpp"
#include "json/document.hpp"

namespace cxrelay {

struct EventView {
  const json::Document* document = nullptr;
  std::string_view interaction_id;
  std::string_view contact_id;
  Timestamp timestamp;
  std::string_view timestamp_text;  // as sent; empty for a number
  const json::Node* attributes = nullptr;  // the object's node, or nullptr when absent
  std::optional<std::string_view> legacy_crm_id;
  std::optional<std::string_view> source_channel;
};

// Parses `raw` into `document` and validates the event model. True if valid; otherwise `errors`
// holds every detail. `errors` is cleared first.
bool parse_event_view(std::string_view raw, const InputLimits& limits, json::Document& document,
                      EventView& out, std::vector<ErrorDetail>& errors);

// Makes `out` the key, "<interaction id>_<isoformat>".
void write_idempotency_key(std::string& out, const EventView& event);

}  // namespace cxrelay
