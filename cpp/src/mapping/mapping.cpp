#include "cxrelay/mapping.hpp"

#include <limits>
#include <utility>

#include "base/digest.hpp"
#include "event/event_view.hpp"
#include "json/document.hpp"
#include "json/write.hpp"
#include "mapping/last_parsed.hpp"
#include "mapping/program.hpp"
#include "mapping/rule.hpp"

namespace cxrelay {
namespace {

constexpr std::size_t kVersionDigits = 12;

constexpr std::string_view kTutorialMapping = R"({
  "legacy_crm_id": "attributes.crmReferenceId",
  "source_channel": "attributes.originChannel",
  "queue_name": "attributes.routingQueue",
  "wrap_up_code": "attributes.dispositionCode",
  "agent_name": "attributes.servingAgentName"
})";

void append_text_member(std::string& out, std::string_view key, std::string_view text) {
  out += ',';
  json::append_string(out, key);
  out += ':';
  json::append_string(out, text);
}

// The body of an event that was put together by hand and has no original bytes.
std::string body_of(const InteractionEvent& event) {
  std::string out = "{\"attributes\":";
  out += event.attributes.empty() ? "{}" : event.attributes;
  append_text_member(out, "interactionId", event.interaction_id);
  append_text_member(out, "contactId", event.contact_id);
  append_text_member(out, "timestamp", event.timestamp.isoformat());
  if (event.legacy_crm_id) append_text_member(out, "legacyCrmId", *event.legacy_crm_id);
  if (event.source_channel) append_text_member(out, "sourceChannel", *event.source_channel);
  out += '}';
  return out;
}

// An event that exists was within the limits that its reader had chosen; they are not asked again.
InputLimits limits_of_existing_event() {
  constexpr auto kMax = std::numeric_limits<std::size_t>::max();
  return {.max_bytes = kMax, .max_depth = kMax, .max_keys = kMax};
}

[[noreturn]] void throw_invalid(std::vector<ErrorDetail> errors) {
  throw ValidationError("the event is invalid", std::move(errors));
}

// What a call needs besides the rules; kept for the thread's next one.
struct ThreadMemory {
  json::Document document;
  EventView event;
  std::string key;
  mapping::Workspace workspace;
};

ThreadMemory* make_thread_memory() {
  static thread_local std::unique_ptr<ThreadMemory> memory;
  memory = std::make_unique<ThreadMemory>();
  return memory.get();
}

// A plain pointer needs no check whether its thread has already made it.
ThreadMemory& thread_memory() {
  static thread_local ThreadMemory* memory = nullptr;
  if (memory == nullptr) memory = make_thread_memory();
  return *memory;
}

}  // namespace

const json::Document& mapping::last_parsed() { return thread_memory().document; }

std::string_view to_text(RuleOutcome outcome) noexcept {
  switch (outcome) {
    case RuleOutcome::written:
      return "written";
    case RuleOutcome::used_default:
      return "default";
    case RuleOutcome::empty:
      return "empty";
    case RuleOutcome::missing:
      return "missing";
  }
  return "";
}

struct Mapping::Compiled {
  explicit Compiled(std::vector<mapping::Rule> rules)
      : program(std::move(rules)),
        json(mapping::write_rules(program.rules())),
        version(to_hex(sha256(json)).substr(0, kVersionDigits)) {}

  mapping::Program program;
  std::string json;
  std::string version;
};

Mapping::Mapping(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

Mapping Mapping::default_mapping() { return from_json(kTutorialMapping); }

Mapping Mapping::from_json(std::string_view rules) {
  return Mapping(std::make_shared<const Compiled>(mapping::read_rules(rules)));
}

const std::string& Mapping::version() const noexcept { return compiled_->version; }

std::string Mapping::rules_json() const { return compiled_->json; }

bool operator==(const Mapping& a, const Mapping& b) noexcept {
  return a.compiled_ == b.compiled_ || a.compiled_->json == b.compiled_->json;
}

std::string Mapping::apply(const InteractionEvent& event) const {
  MappedEvent out;
  std::vector<ErrorDetail> errors;
  const auto body = event.original.empty() ? body_of(event) : std::string();
  const std::string_view raw = event.original.empty() ? body : event.original;
  if (!apply_json(raw, limits_of_existing_event(), out, errors)) throw_invalid(std::move(errors));
  return std::move(out.payload);
}

std::vector<RuleTrace> Mapping::trace(std::string_view raw) const {
  auto& [document, event, key, workspace] = thread_memory();
  std::vector<ErrorDetail> errors;
  if (!parse_event_view(raw, limits_of_existing_event(), document, event, errors)) {
    throw_invalid(std::move(errors));
  }
  write_idempotency_key(key, event);
  const auto timestamp = std::string_view(key).substr(event.id(Field::interaction_id).size() + 1);
  return compiled_->program.trace(event, timestamp, workspace);
}

MapResult Mapping::apply_json(std::string_view raw, const InputLimits& limits) const {
  MappedEvent out;
  std::vector<ErrorDetail> errors;
  if (!apply_json(raw, limits, out, errors)) return errors;
  return out;
}

bool Mapping::apply_json(std::string_view raw, const InputLimits& limits, MappedEvent& out,
                         std::vector<ErrorDetail>& errors) const {
  MappedView view;
  if (!map_json(raw, limits, view, errors)) return false;
  out.interaction_id.assign(view.interaction_id);
  out.idempotency_key.assign(view.idempotency_key);
  out.event_time_us = view.event_time_us;
  out.payload.assign(view.payload);
  return true;
}

bool Mapping::map_json(std::string_view raw, const InputLimits& limits, MappedView& out,
                       std::vector<ErrorDetail>& errors) const {
  auto& [document, event, key, workspace] = thread_memory();
  if (!parse_event_view(raw, limits, document, event, errors)) return false;
  write_idempotency_key(key, event);
  out.interaction_id = event.id(Field::interaction_id);
  out.idempotency_key = key;
  out.event_time_us = event.timestamp.utc_us;
  // The key ends with the timestamp's text, which rules may read too.
  const auto timestamp = out.idempotency_key.substr(out.interaction_id.size() + 1);
  if (!compiled_->program.run(event, timestamp, workspace, errors)) return false;
  out.payload = workspace.output.text();
  return true;
}

}  // namespace cxrelay
