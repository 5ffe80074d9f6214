#include "privacy/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "cxrelay/errors.hpp"
#include "json/document.hpp"
#include "json/write.hpp"
#include "privacy/secret_names.hpp"

namespace cxrelay::privacy {
namespace {

using json::Document;
using json::Kind;
using json::Node;

constexpr std::size_t kMaxRules = 1000;
constexpr std::size_t kMaxKeepLast = 8;
constexpr json::ParseLimits kLimits{.max_bytes = 1024 * 1024, .max_depth = 8, .max_keys = 10'000};

[[noreturn]] void fail(std::string_view place, std::string_view problem) {
  throw ConfigError(fmt::format("privacy: {}: {}", place, problem));
}

std::optional<PrivacyAction> action_named(std::string_view word) {
  for (const auto action :
       {PrivacyAction::keep, PrivacyAction::hash, PrivacyAction::mask, PrivacyAction::drop}) {
    if (word == to_text(action)) return action;
  }
  return std::nullopt;
}

PrivacyAction read_action(const Node& node, std::string_view place) {
  const auto action = node.kind == Kind::string ? action_named(node.text) : std::nullopt;
  if (!action) fail(place, "must be \"keep\", \"mask\", \"hash\" or \"drop\"");
  return *action;
}

std::size_t read_keep_last(const Node& node, std::string_view place) {
  std::size_t value = 0;
  const auto* end = node.text.data() + node.text.size();
  const bool fits = node.kind == Kind::integer && std::from_chars(node.text.data(), end, value) ==
                                                      std::from_chars_result{end, std::errc{}};
  if (!fits || value > kMaxKeepLast) {
    fail(place, fmt::format("keep_last must be a whole number from 0 to {}", kMaxKeepLast));
  }
  return value;
}

template <typename Visit>
void for_each_member(const Document& document, const Node& object, Visit visit) {
  const Node* member = document.first_child(object);
  for (; member != nullptr; member = document.next_sibling(object, *member)) visit(*member);
}

// "mask" or {"action": "mask", "keep_last": 4}.
void read_value(const Document& document, const Node& node, std::string_view place, Rule& rule) {
  if (node.kind != Kind::object) {
    rule.action = read_action(node, place);
    return;
  }
  const Node* action = document.find(node, "action");
  if (action == nullptr)
    fail(place, "the action is missing (in TOML, a dotted path stands in quotes)");
  rule.action = read_action(*action, place);
  for_each_member(document, node, [&](const Node& member) {
    if (member.key == "keep_last") {
      rule.keep_last = read_keep_last(member, place);
    } else if (member.key != "action") {
      fail(place, "besides action, only keep_last is known");
    }
  });
  if (rule.keep_last > 0 && rule.action != PrivacyAction::mask) {
    fail(place, "keep_last goes with \"mask\" only");
  }
}

Pattern read_pattern(std::string_view path, std::string_view place) {
  std::string problem;
  auto pattern = Pattern::parse(path, problem);
  if (!pattern) fail(place, problem);
  return std::move(*pattern);
}

std::vector<Rule> read_fields(const Document& document, const Node& node) {
  if (node.kind != Kind::object) fail("fields", "must be an object");
  if (node.count > kMaxRules) fail("fields", fmt::format("more than {} rules", kMaxRules));
  std::vector<Rule> rules;
  for_each_member(document, node, [&](const Node& member) {
    std::string place = "fields ";
    json::append_string(place, member.key);
    Rule rule{std::string(member.key), read_pattern(member.key, place)};
    read_value(document, member, place, rule);
    rules.push_back(std::move(rule));
  });
  std::ranges::sort(rules, {}, &Rule::path);
  return rules;
}

bool read_flag(const Node& node, std::string_view place) {
  if (node.kind != Kind::boolean) fail(place, "must be true or false");
  return node.boolean;
}

}  // namespace

Rules read_rules(std::string_view json) {
  Document document;
  if (document.parse(json, kLimits) != json::ParseError::none ||
      document.root().kind != Kind::object) {
    fail("the rules", "must be a JSON object of at most 1 MiB in which no member stands twice");
  }
  Rules rules;
  for_each_member(document, document.root(), [&](const Node& member) {
    if (member.key == "defaults") {
      rules.defaults = read_flag(member, member.key);
    } else if (member.key == "default_action") {
      rules.default_action = read_action(member, member.key);
    } else if (member.key == "fields") {
      rules.own = read_fields(document, member);
    } else {
      fail("the rules", "known members are defaults, default_action and fields");
    }
  });
  return rules;
}

std::string write_rules(const Rules& rules) {
  std::string out = fmt::format("{{\"defaults\":{},\"default_action\":\"{}\",\"fields\":{{",
                                rules.defaults, to_text(rules.default_action));
  for (const auto& rule : rules.own) {
    if (out.back() != '{') out += ',';
    json::append_string(out, rule.path);
    const auto action = to_text(rule.action);
    out += rule.keep_last == 0
               ? fmt::format(":\"{}\"", action)
               : fmt::format(":{{\"action\":\"{}\",\"keep_last\":{}}}", action, rule.keep_last);
  }
  return out + "}}";
}

std::vector<Rule> default_rules() {
  std::vector<Rule> rules;
  for (const auto name : kSecretNames) {
    const auto path = fmt::format("**.{}", name);
    rules.push_back({path, read_pattern(path, path), PrivacyAction::mask, 0, true});
  }
  return rules;
}

}  // namespace cxrelay::privacy
