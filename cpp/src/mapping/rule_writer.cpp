// Rules to JSON text: the full form that equality and the version are made from.
#include "json/write.hpp"
#include "mapping/rule.hpp"

namespace cxrelay::mapping {
namespace {

void append_member(std::string& out, std::string_view key, std::string_view text) {
  if (out.back() != '{') out += ',';
  json::append_string(out, key);
  out += ':';
  json::append_string(out, text);
}

void append_function(std::string& out, const Function& function) {
  const auto& info = function_info(function.name);
  if (info.argument == Argument::none) return json::append_string(out, info.name);
  out += '{';
  append_member(out, "name", info.name);
  if (info.argument == Argument::max) {
    out.append(",\"max\":").append(std::to_string(function.max));
  } else {
    append_member(out, "text", function.text);
  }
  out += '}';
}

void append_functions(std::string& out, const std::vector<Function>& functions) {
  out += ",\"apply\":[";
  for (const auto& function : functions) {
    if (out.back() != '[') out += ',';
    append_function(out, function);
  }
  out += ']';
}

void append_lookup(std::string& out, const Lookup& lookup) {
  out += ",\"lookup\":{";
  for (const auto& [key, json] : lookup) {
    if (out.back() != '{') out += ',';
    json::append_string(out, key);
    out.append(":").append(json.empty() ? "null" : json);
  }
  out += '}';
}

void append_rule(std::string& out, const Rule& rule) {
  out += '{';
  append_member(out, "from", source_text(rule.from));
  append_member(out, "to", path_text(rule.to));
  if (!rule.apply.empty()) append_functions(out, rule.apply);
  if (!rule.lookup.empty()) append_lookup(out, rule.lookup);
  if (!rule.default_json.empty()) out.append(",\"default\":").append(rule.default_json);
  if (rule.when_missing == WhenMissing::error) append_member(out, "when_missing", "error");
  out += '}';
}

}  // namespace

std::string write_rules(const std::vector<Rule>& rules) {
  std::string out = "[";
  for (const auto& rule : rules) {
    if (out.size() > 1) out += ',';
    append_rule(out, rule);
  }
  out += ']';
  return out;
}

}  // namespace cxrelay::mapping
