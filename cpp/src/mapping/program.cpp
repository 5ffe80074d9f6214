#include "mapping/program.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "base/short_text.hpp"

namespace cxrelay::mapping {
namespace {

using json::Kind;
using json::Node;
using EventField = cxrelay::Field;

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

// Escapes make a string shorter than what was sent between the quotes.
bool has_escapes(const Node& string) { return string.size != string.text.size() + 2; }

Value look_up(const Lookup& lookup, const Value& value) {
  if (value.kind == Value::Kind::none || value.kind == Value::Kind::compound) return {};
  const auto key = value.kind == Value::Kind::string ? value.text : value.json;
  const auto entry = std::ranges::lower_bound(
      lookup, key, {}, [](const auto& pair) -> std::string_view { return pair.first; });
  if (entry == lookup.end() || entry->first != key) return {};
  return constant_value(entry->second);
}

// The first of the letters that the rule's only function flips, or NUL.
char first_flipped(const Rule& rule) {
  if (rule.apply.size() != 1 || !rule.lookup.empty()) return '\0';
  if (rule.apply[0].name == FunctionName::upper) return 'a';
  return rule.apply[0].name == FunctionName::lower ? 'A' : '\0';
}

// Only characters that JSON writes as they are.
bool is_plain_ascii(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at += 8) {
    const auto size = std::min<std::size_t>(8, text.size() - at);
    const auto word = load_bytes(text.data() + at, size, every_byte(' '));
    if (has_non_ascii(word) || needs_escape(word)) return false;
  }
  return true;
}

std::uint32_t field_slot(Field field) {
  switch (field) {
    case Field::interaction_id:
      return number(EventField::interaction_id);
    case Field::contact_id:
      return number(EventField::contact_id);
    case Field::timestamp:
      return number(EventField::timestamp);
    case Field::legacy_crm_id:
      return number(EventField::legacy_crm_id);
    case Field::source_channel:
      return number(EventField::source_channel);
  }
  return 0;
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

  // The fields come first, then what the selectors find.
  void select() const {
    const auto& fields = event.fields.all();
    workspace.slots.resize(program.slot_count_);
    const auto selected = std::ranges::copy(fields, workspace.slots.begin()).out;
    std::fill(selected, workspace.slots.end(), nullptr);
    const auto& document = *event.document;
    if (event.fields[EventField::attributes] && !program.in_attributes_.empty()) {
      program.in_attributes_.select(document, *event.fields[EventField::attributes],
                                    workspace.slots);
    }
    if (!program.in_body_.empty()) {
      program.in_body_.select(document, document.root(), workspace.slots);
    }
  }

  Value load(const Step& step) const {
    if (step.is_time) return string_value(timestamp);
    const Node* node = workspace.slots[step.slot];
    if (!node) return {};
    // A field is text: what its escapes stand for counts, not how it was sent.
    if (step.is_field && node->kind == Kind::string && has_escapes(*node)) {
      return string_value(node->text);
    }
    return node_value(text, *node);
  }

  Value evaluate(const Step& step, const Rule& rule) const {
    Value value = load(step);
    if (!rule.apply.empty() || !rule.lookup.empty()) {
      apply_functions(rule.apply, value, workspace.scratch);
      if (!rule.lookup.empty()) value = look_up(rule.lookup, value);
    }
    if (value.kind == Value::Kind::none) value = constant_value(rule.default_json);
    return value;
  }

  // evaluate() step by step, so that it can be told which functions ran.
  RuleTrace trace(const Step& step, std::size_t number) const {
    const auto& rule = program.rules_[number];
    RuleTrace told{number, source_text(rule.from), {}, path_text(rule.to), RuleOutcome::missing};
    const bool is_there = step.is_time || workspace.slots[step.slot] != nullptr;
    Value value = load(step);
    for (const auto& function : rule.apply) {
      if (value.kind == Value::Kind::none) break;
      told.applied.emplace_back(function_info(function.name).name);
      apply_functions(std::span(&function, 1), value, workspace.scratch);
    }
    if (!rule.lookup.empty() && value.kind != Value::Kind::none) {
      told.applied.emplace_back("lookup");
      value = look_up(rule.lookup, value);
    }
    if (value.kind != Value::Kind::none) {
      told.outcome = RuleOutcome::written;
    } else if (!rule.default_json.empty()) {
      told.outcome = RuleOutcome::used_default;
    } else if (is_there) {
      told.outcome = RuleOutcome::empty;
    }
    return told;
  }

  void write(PayloadWriter& writer, std::vector<ErrorDetail>& errors) const {
    std::size_t member = 0;
    for (const Step& step : program.steps_) {
      if (const Node* node = copied_string(step)) {
        // A document's text has padding behind it.
        writer.put_member(member, {text.data() + node->begin, node->size});
      } else {
        write_member(writer, member, step, errors);
      }
      ++member;
    }
  }

  // The shortest way for what is nearly always there: a string that is copied as it was sent.
  const Node* copied_string(const Step& step) const {
    const Node* node = step.is_copied ? workspace.slots[step.slot] : nullptr;
    if (!node || node->kind != Kind::string || !starts_visible(node->text)) return nullptr;
    return step.is_field && has_escapes(*node) ? nullptr : node;
  }

  // Likewise for a string that changes its case, if that takes no table and no escapes.
  bool put_flipped(PayloadWriter& writer, std::size_t member, const Step& step) const {
    const Node* node = step.first_flipped ? workspace.slots[step.slot] : nullptr;
    if (!node || node->kind != Kind::string || !starts_visible(node->text)) return false;
    if (!is_plain_ascii(node->text)) return false;
    writer.begin_member(member, node->text.size() + 2);
    workspace.output.put('"');
    workspace.output.put_flipped(node->text, step.first_flipped);
    workspace.output.put('"');
    return true;
  }

  void write_member(PayloadWriter& writer, std::size_t member, const Step& step,
                    std::vector<ErrorDetail>& errors) const {
    if (put_flipped(writer, member, step)) return;
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

// One slot for each distinct source, behind those of the fields.
std::vector<Program::Step> Program::make_steps() {
  slot_count_ = kFieldCount;
  std::map<std::string, std::uint32_t> known;
  std::vector<Step> steps;
  for (const auto& member : layout_.members) {
    const auto& rule = rules_[member.rule];
    Step& step = steps.emplace_back();
    step.is_field = rule.from.kind == Source::Kind::field;
    step.is_time = step.is_field && rule.from.field == Field::timestamp;
    step.first_flipped = step.is_time ? '\0' : first_flipped(rule);
    step.is_copied = rule.apply.empty() && rule.lookup.empty() && !step.is_time;
    if (step.is_field) {
      step.slot = field_slot(rule.from.field);
      continue;
    }
    const auto [entry, added] = known.emplace(source_text(rule.from), slot_count_);
    step.slot = entry->second;
    if (!added) continue;
    auto& selector = rule.from.kind == Source::Kind::body ? in_body_ : in_attributes_;
    selector.add(rule.from.path, slot_count_++);
  }
  return steps;
}

bool Program::run(const EventView& event, std::string_view timestamp, Workspace& workspace,
                  std::vector<ErrorDetail>& errors) const {
  const Run run{*this, event, timestamp, event.document->text(), workspace};
  run.select();
  PayloadWriter writer(layout_, workspace.output);
  run.write(writer, errors);
  writer.finish();
  return errors.empty();
}

std::vector<RuleTrace> Program::trace(const EventView& event, std::string_view timestamp,
                                      Workspace& workspace) const {
  const Run run{*this, event, timestamp, event.document->text(), workspace};
  run.select();
  std::vector<RuleTrace> told(rules_.size());
  for (std::size_t member = 0; member < steps_.size(); ++member) {
    const auto rule = layout_.members[member].rule;
    told[rule] = run.trace(steps_[member], rule);
  }
  return told;
}

}  // namespace cxrelay::mapping
