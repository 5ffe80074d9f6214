#include "cxrelay/event.hpp"

#include <utility>

#include "event/event_view.hpp"
#include "json/write.hpp"

namespace cxrelay {
namespace {

std::optional<std::string> owned(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

std::string minified(const json::Document& document, const json::Node* object) {
  if (object == nullptr) return "{}";
  std::string out;
  json::append_minified(out, document.raw(*object));
  return out;
}

}  // namespace

std::string InteractionEvent::idempotency_key() const {
  return interaction_id + '_' + timestamp.isoformat();
}

EventResult parse_event(std::string_view raw, const InputLimits& limits) {
  EventView view;
  std::vector<ErrorDetail> errors;
  auto& document = json::thread_document();
  if (!parse_event_view(raw, limits, document, view, errors)) return errors;
  return InteractionEvent{
      .interaction_id = std::string(view.id(Field::interaction_id)),
      .contact_id = std::string(view.id(Field::contact_id)),
      .timestamp = view.timestamp,
      .attributes = minified(document, view.fields[Field::attributes]),
      .legacy_crm_id = owned(view.text(Field::legacy_crm_id)),
      .source_channel = owned(view.text(Field::source_channel)),
      .original = std::string(raw),
  };
}

}  // namespace cxrelay
