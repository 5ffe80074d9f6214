#include "mapping/function.hpp"

#include <algorithm>
#include <array>

#include "json/write.hpp"
#include "mapping/letter_case.hpp"

namespace cxrelay::mapping {
namespace {

constexpr std::array<FunctionInfo, 7> kFunctions{{
    {"upper", FunctionName::upper, Argument::none},
    {"lower", FunctionName::lower, Argument::none},
    {"trim", FunctionName::trim, Argument::none},
    {"string", FunctionName::string, Argument::none},
    {"truncate", FunctionName::truncate, Argument::max},
    {"prefix", FunctionName::prefix, Argument::text},
    {"suffix", FunctionName::suffix, Argument::text},
}};

std::string_view as_text(const Value& value, Scratch& scratch) {
  if (value.kind != Value::Kind::compound) return value.json;
  auto& out = scratch.next();
  json::append_minified(out, value.json);
  return out;
}

std::string_view change_text(const Function& function, std::string_view text, Scratch& scratch) {
  switch (function.name) {
    case FunctionName::trim:
      return trim(text);
    case FunctionName::truncate:
      return truncate(text, function.max);
    case FunctionName::string:
      return text;
    case FunctionName::upper:
    case FunctionName::lower:
    case FunctionName::prefix:
    case FunctionName::suffix:
      break;
  }
  auto& out = scratch.next();
  if (function.name == FunctionName::upper) {
    append_upper(out, text);
  } else if (function.name == FunctionName::lower) {
    append_lower(out, text);
  } else if (function.name == FunctionName::prefix) {
    out.append(function.text).append(text);
  } else {
    out.append(text).append(function.text);
  }
  return out;
}

void apply_function(const Function& function, Value& value, Scratch& scratch) {
  if (value.kind == Value::Kind::string) {
    value.set_text(change_text(function, value.text, scratch));
  } else if (function.name == FunctionName::string) {
    value.set_text(as_text(value, scratch));
  }
}

}  // namespace

const FunctionInfo* find_function(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, name, &FunctionInfo::name);
  return found == kFunctions.end() ? nullptr : found;
}

const FunctionInfo& function_info(FunctionName name) {
  return *std::ranges::find(kFunctions, name, &FunctionInfo::id);
}

std::string function_names() {
  std::string out;
  for (const auto& function : kFunctions) {
    if (!out.empty()) out += ", ";
    out += function.name;
  }
  return out;
}

void apply_functions(std::span<const Function> functions, Value& value, Scratch& scratch) {
  for (const auto& function : functions) {
    if (value.kind == Value::Kind::none) return;
    apply_function(function, value, scratch);
  }
}

}  // namespace cxrelay::mapping
