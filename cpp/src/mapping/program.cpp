#include "mapping/program.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace cxrelay::mapping {
namespace {

using json::Kind;
using json::Node;

// What a run needs besides the event; kept for the next one.
struct Workspace {
  std::vector<const Node*> slots;
  Scratch scratch;
  Output output;
};

Workspace& thread_workspace() {
  static thread_local std::unique_ptr<Workspace> workspace;
  if (!workspace) workspace = std::make_unique<Workspace>();
  return *workspace;
}

Value node_value(std::string_view text, const Node& node) {
  const auto raw = text.substr(node.begin, node.size);
  switch (node.kind) {
    case Kind::null:
      return {};
    case Kind::string:
      return string_value(node.text, raw);
    case Kind::boolean:
    case Kind::integer:
    case Kind::decimal:
      return {Value::Kind::scalar, {}, raw};
    case Kind::array:
    case Kind::object:
      if (node.count == 0) return {};
      return {Value::Kind::compound, {}, raw};
  }
  return {};
}

// A string without escapes lies in the document's text as it was sent, quotes around it: then it
// can be copied.
Value text_value(std::string_view document, std::string_view text) {
  const auto begin = reinterpret_cast<std::uintptr_t>(document.data());
  const auto at = reinterpret_cast<std::uintptr_t>(text.data());
  if (at <= begin || at >= begin + document.size()) return string_value(text);
  return string_value(text, {text.data() - 1, text.size() + 2});
}

Value look_up(const Lookup& lookup, const Value& value) {
  if (value.kind == Value::Kind::none || value.kind == Value::Kind::compound) return {};
  const auto key = value.kind == Value::Kind::string ? value.text : value.json;
  const auto entry = std::ranges::lower_bound(
      lookup, key, {}, [](const auto& pair) -> std::string_view { return pair.first; });
  if (entry == lookup.end() || entry->first != key) return {};
  return constant_value(entry->second);
}

ErrorDetail missing(const Rule& rule) {
  return {"mapping_missing", source_path(rule.from),
          "The mapping needs a value here for " + path_text(rule.to)};
}

}  // namespace

struct Program::Run {
  const Program& program;
  const EventView& event;
  std::string_view timestamp;
  std::string_view text;
  Workspace& workspace;

  void select() const {
    const auto& document = *event.document;
    workspace.slots.assign(program.slot_count_, nullptr);
    if (event.attributes && !program.in_attributes_.empty()) {
      program.in_attributes_.select(document, *event.attributes, workspace.slots);
    }
    if (!program.in_body_.empty()) {
      program.in_body_.select(document, document.root(), workspace.slots);
    }
  }

  Value field(Field name) const {
    switch (name) {
      case Field::interaction_id:
        return text_value(text, event.interaction_id);
      case Field::contact_id:
        return text_value(text, event.contact_id);
      case Field::timestamp:
        return string_value(timestamp);
      case Field::legacy_crm_id:
        return event.legacy_crm_id ? text_value(text, *event.legacy_crm_id) : Value{};
      case Field::source_channel:
        return event.source_channel ? text_value(text, *event.source_channel) : Value{};
    }
    return {};
  }

  Value load(const Step& step) const {
    if (step.is_field) return field(step.field);
    const Node* node = workspace.slots[step.slot];
    return node ? node_value(text, *node) : Value{};
  }

  Value evaluate(const Step& step, const Rule& rule) const {
    Value value = load(step);
    if (!step.is_copied) {
      apply_functions(rule.apply, value, workspace.scratch);
      if (!rule.lookup.empty()) value = look_up(rule.lookup, value);
    }
    if (value.kind == Value::Kind::none) value = constant_value(rule.default_json);
    return value;
  }

  void write(PayloadWriter& writer, std::vector<ErrorDetail>& errors) const {
    for (std::size_t member = 0; member < program.steps_.size(); ++member) {
      const Step& step = program.steps_[member];
      if (const Node* node = copied_string(step)) {
        // A document's text has padding behind it.
        writer.put_member(member, {text.data() + node->begin, node->size});
      } else {
        write_member(writer, member, step, errors);
      }
    }
  }

  // The shortest way for what is nearly always there: a string that is copied as it was sent.
  const Node* copied_string(const Step& step) const {
    if (!step.is_copied || step.is_field) return nullptr;
    const Node* node = workspace.slots[step.slot];
    const bool is_visible = node && node->kind == Kind::string && starts_visible(node->text);
    return is_visible ? node : nullptr;
  }

  void write_member(PayloadWriter& writer, std::size_t member, const Step& step,
                    std::vector<ErrorDetail>& errors) const {
    const auto& rule = program.rules_[program.layout_.members[member].rule];
    const Value value = evaluate(step, rule);
    if (value.kind != Value::Kind::none) {
      writer.begin_member(member, size_bound(value));
      put_value(workspace.output, value, workspace.scratch);
    } else if (rule.when_missing == WhenMissing::error) {
      errors.push_back(missing(rule));
    }
  }
};

Program::Program(std::vector<Rule> rules)
    : rules_(std::move(rules)), layout_(make_layout(rules_)), steps_(make_steps()) {}

// One slot for each distinct source.
std::vector<Program::Step> Program::make_steps() {
  std::map<std::string, std::uint32_t> known;
  std::vector<Step> steps;
  for (const auto& member : layout_.members) {
    const auto& rule = rules_[member.rule];
    const bool is_field = rule.from.kind == Source::Kind::field;
    steps.push_back({.is_field = is_field,
                     .is_copied = rule.apply.empty() && rule.lookup.empty(),
                     .field = rule.from.field});
    if (is_field) continue;
    const auto [entry, added] = known.emplace(source_text(rule.from), slot_count_);
    steps.back().slot = entry->second;
    if (!added) continue;
    auto& selector = rule.from.kind == Source::Kind::body ? in_body_ : in_attributes_;
    selector.add(rule.from.path, slot_count_++);
  }
  return steps;
}

bool Program::run(const EventView& event, std::string_view timestamp, std::string& payload,
                  std::vector<ErrorDetail>& errors) const {
  payload.clear();
  auto& workspace = thread_workspace();
  const Run run{*this, event, timestamp, event.document->text(), workspace};
  run.select();
  PayloadWriter writer(layout_, workspace.output);
  run.write(writer, errors);
  if (!errors.empty()) return false;
  writer.finish();
  payload.assign(workspace.output.text());
  return true;
}

}  // namespace cxrelay::mapping
