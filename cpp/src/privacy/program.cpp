#include "privacy/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "cxrelay/errors.hpp"
#include "privacy/rewriter.hpp"

namespace cxrelay::privacy {
namespace {

// Which of several rules for one value decides: an exact path before a pattern, one's own before a default, and the
// stricter action before the other. keep_last hides less.
auto weight(const Rule& rule) {
  const bool is_exact = rule.pattern.is_exact();
  return std::tuple(!rule.is_default, is_exact, rule.action, -static_cast<long>(rule.keep_last));
}

}  // namespace

Program::Program(const Rules& rules, std::optional<HashKey> key)
    : rules_(rules.own), default_action_(rules.default_action), key_(std::move(key)) {
  if (rules.defaults) {
    for (auto& rule : default_rules()) rules_.push_back(std::move(rule));
  }
  const bool hashes = default_action_ == PrivacyAction::hash ||
                      std::ranges::count(rules_, PrivacyAction::hash, &Rule::action) > 0;
  if (hashes && !key_) throw ConfigError("privacy: \"hash\" needs a key");
  for (std::size_t i = 0; i < rules_.size(); ++i) names_.add(rules_[i].pattern.last(), i);
}

// Most events have no member that any rule means, wherever it stands: that shows without looking at places.
bool Program::may_change(const json::Document& event) const {
  if (default_action_ != PrivacyAction::keep || names_.has_nameless()) return true;
  return std::ranges::any_of(
      event.nodes(), [this](const json::Node& node) { return names_.may_be_meant(node.key); });
}

bool Program::write_changed(const json::Document& event, StoredOriginal& out) const {
  return Rewriter(*this, event, out).run();
}

const Rule* Program::rule_for(std::span<const Place> path) const {
  const Rule* found = nullptr;
  names_.for_each(path.back(), [&](std::size_t index) {
    const Rule& rule = rules_[index];
    if (found != nullptr && weight(rule) <= weight(*found)) return;
    if (rule.pattern.matches(path)) found = &rule;
  });
  return found;
}

std::string record_note(std::string_view version, const PrivacyCounts& counts) {
  return fmt::format("{{\"policy\":\"{}\",\"dropped\":{},\"masked\":{},\"hashed\":{}}}", version,
                     counts.dropped, counts.masked, counts.hashed);
}

}  // namespace cxrelay::privacy
