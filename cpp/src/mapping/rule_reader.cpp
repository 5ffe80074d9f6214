// Rules from JSON text. Everything that is wrong is refused here, with its place.
#include <algorithm>
#include <optional>

#include "mapping/rule.hpp"
#include "mapping/rule_json.hpp"

namespace cxrelay::mapping {
namespace {

using json::Document;
using json::Kind;
using json::Node;

constexpr std::size_t kMaxRules = 1000;
constexpr std::size_t kMaxFunctions = 16;  // in one rule
constexpr json::ParseLimits kRuleLimits{
    .max_bytes = 1024 * 1024, .max_depth = 32, .max_keys = 100'000};

const char* problem_of(json::ParseError error) {
  switch (error) {
    case json::ParseError::none:
      return "";
    case json::ParseError::syntax:
      return "the rules are not valid JSON";
    case json::ParseError::utf8:
      return "the rules are not valid UTF-8";
    case json::ParseError::duplicate_key:
      return "a key stands twice in one object";
    case json::ParseError::not_finite:
      return "a number is out of range";
    case json::ParseError::too_big:
      return "the rules are larger than 1 MiB";
    case json::ParseError::too_deep:
      return "the rules are nested too deeply";
    case json::ParseError::too_many_keys:
      return "the rules have too many keys";
  }
  return "the rules cannot be read";
}

Path read_target(std::string_view text, const std::string& place) {
  std::string problem;
  auto path = parse_path(text, problem);
  if (!path) fail(problem, place);
  if (std::ranges::any_of(*path, [](const auto& key) { return key.empty(); })) {
    fail("a target key is empty", place);
  }
  return std::move(*path);
}

class RuleReader {
 public:
  RuleReader(const Document& document, const Node& node, std::string place)
      : document_(document), node_(node), place_(std::move(place)) {}

  Rule read() {
    require_kind(node_, Kind::object, "an object with 'from' and 'to'", place_);
    for_each_child(document_, node_, [&](const Node& child) { read_key(child); });
    if (!has_from_) fail("'from' is missing", place_);
    if (rule_.to.empty()) fail("'to' is missing", place_);
    settle_when_missing();
    rule_.place = place_;
    return std::move(rule_);
  }

 private:
  void read_key(const Node& node) {
    const auto place = member_place(place_, node.key);
    if (node.key == "from") {
      read_from(require_string(node, place), place);
    } else if (node.key == "to") {
      rule_.to = read_target(require_string(node, place), place);
    } else if (node.key == "apply") {
      read_apply(require_kind(node, Kind::array, "a list of functions", place), place);
    } else if (node.key == "lookup") {
      read_lookup(require_kind(node, Kind::object, "an object", place), place);
    } else if (node.key == "default") {
      read_default(node, place);
    } else if (node.key == "when_missing") {
      read_when_missing(require_string(node, place), place);
    } else {
      fail("unknown key " + quoted(node.key), place);
    }
  }

  void read_from(std::string_view text, const std::string& place) {
    std::string problem;
    auto source = parse_source(text, problem);
    if (!source) fail(problem, place);
    rule_.from = std::move(*source);
    has_from_ = true;
  }

  void read_apply(const Node& list, const std::string& place) {
    if (list.count > kMaxFunctions) {
      fail("at most " + std::to_string(kMaxFunctions) + " functions can be applied", place);
    }
    for_each_child(document_, list, [&](const Node& child) {
      const auto child_place = element_place(place, rule_.apply.size());
      rule_.apply.push_back(read_function(document_, child, child_place));
    });
  }

  void read_lookup(const Node& table, const std::string& place) {
    if (table.count == 0) fail("the table has no entries", place);
    for_each_child(document_, table, [&](const Node& child) {
      rule_.lookup.emplace_back(std::string(child.key), constant_text(document_, child));
    });
    std::ranges::sort(rule_.lookup);
  }

  void read_default(const Node& node, const std::string& place) {
    if (node.kind == Kind::null) return;  // as not given: what a form's empty field becomes
    rule_.default_json = constant_text(document_, node);
    if (rule_.default_json.empty()) fail("an empty default would be dropped", place);
  }

  void read_when_missing(std::string_view text, const std::string& place) {
    if (text == "drop") {
      when_missing_ = WhenMissing::drop;
    } else if (text == "error") {
      when_missing_ = WhenMissing::error;
    } else if (text == "default") {
      when_missing_ = WhenMissing::use_default;
    } else {
      fail("'drop', 'error' or 'default' is expected", place);
    }
  }

  // A default without when_missing means "default"; any other pair of the two contradicts itself.
  void settle_when_missing() {
    const bool has_default = !rule_.default_json.empty();
    const auto implied = has_default ? WhenMissing::use_default : WhenMissing::drop;
    rule_.when_missing = when_missing_.value_or(implied);
    if (has_default == (rule_.when_missing == WhenMissing::use_default)) return;
    fail(has_default ? "a default needs 'when_missing' to be 'default'" : "'default' is missing",
         member_place(place_, "when_missing"));
  }

  const Document& document_;
  const Node& node_;
  std::string place_;
  Rule rule_;
  bool has_from_ = false;
  std::optional<WhenMissing> when_missing_;
};

std::vector<Rule> read_list(const Document& document, const Node& list) {
  std::vector<Rule> rules;
  for_each_child(document, list, [&](const Node& child) {
    rules.push_back(RuleReader(document, child, element_place("rules", rules.size())).read());
  });
  return rules;
}

// The tutorial's mapper writes the channel in upper case, which its FIELD_MAPPING does not say.
Rule read_pair(const Node& node) {
  const auto place = member_place("rules", node.key);
  std::string problem;
  auto source = parse_shorthand_source(node.key, problem);
  if (!source) fail(problem, place);
  Rule rule{.from = std::move(*source), .to = read_target(require_string(node, place), place)};
  rule.place = place;
  if (rule.from.kind == Source::Kind::field && rule.from.field == Field::source_channel) {
    rule.apply.push_back({.name = FunctionName::upper});
  }
  return rule;
}

std::vector<Rule> read_shorthand(const Document& document, const Node& object) {
  std::vector<Rule> rules;
  for_each_child(document, object, [&](const Node& child) { rules.push_back(read_pair(child)); });
  return rules;
}

std::vector<Rule> read_root(const Document& document) {
  const Node& root = document.root();
  if (root.kind == Kind::array) return read_list(document, root);
  require_kind(root, Kind::object, "a list of rules or an object", "rules");
  const Node* list = document.find(root, "rules");
  if (!list || list->kind == Kind::string) return read_shorthand(document, root);
  require_kind(*list, Kind::array, "a list of rules", "rules");
  if (root.count > 1) fail("no other key may stand beside 'rules'", "rules");
  return read_list(document, *list);
}

}  // namespace

std::vector<Rule> read_rules(std::string_view json) {
  Document document;
  if (const auto error = document.parse(json, kRuleLimits); error != json::ParseError::none) {
    fail(problem_of(error), "byte " + std::to_string(document.error_offset()));
  }
  auto rules = read_root(document);
  if (rules.empty()) fail("there are no rules", "rules");
  if (rules.size() > kMaxRules) {
    fail("there are more than " + std::to_string(kMaxRules) + " rules", "rules");
  }
  return rules;
}

}  // namespace cxrelay::mapping
