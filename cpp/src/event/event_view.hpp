// An event as views into a parsed document: what the hot path works on. Valid as long as the
// document.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/event.hpp"
#include "event/field_names.hpp"
#include "json/document.hpp"

namespace cxrelay {

// The values of the fields as they were sent; nullptr for those that are absent.
class FieldNodes {
 public:
  const json::Node*& operator[](Field field) noexcept { return nodes_[number(field)]; }
  const json::Node* operator[](Field field) const noexcept { return nodes_[number(field)]; }
  const std::array<const json::Node*, kFieldCount>& all() const noexcept { return nodes_; }

 private:
  std::array<const json::Node*, kFieldCount> nodes_{};
};

struct EventView {
  const json::Document* document = nullptr;
  FieldNodes fields;
  Timestamp timestamp;

  std::string_view id(Field field) const noexcept { return fields[field]->text; }
  std::optional<std::string_view> text(Field field) const noexcept {
    const auto* node = fields[field];
    if (node == nullptr || node->kind == json::Kind::null) return std::nullopt;
    return node->text;
  }
};

// Parses `raw` into `document` and validates the event model. True if valid; otherwise `errors`
// holds every detail. `errors` is cleared first.
bool parse_event_view(std::string_view raw, const InputLimits& limits, json::Document& document,
                      EventView& out, std::vector<ErrorDetail>& errors);

// Makes `out` the key, "<interaction id>_<isoformat>".
void write_idempotency_key(std::string& out, const EventView& event);

}  // namespace cxrelay
