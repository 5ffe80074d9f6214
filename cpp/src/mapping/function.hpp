// The fixed list of functions that a rule may apply. They work on strings and leave every other
// kind of value as it is; `string` turns the others into strings first.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/value.hpp"

namespace cxrelay::mapping {

enum class FunctionName { upper, lower, trim, string, truncate, prefix, suffix };
enum class Argument { none, max, text };  // max: code points, at least 1; text: not empty

constexpr std::size_t kMaxArgument =
    65'536;  // of `max`, and of the bytes in `text`: bounds the cost

struct FunctionInfo {
  std::string_view name;
  FunctionName id;
  Argument argument;
};

struct Function {
  FunctionName name = FunctionName::upper;
  std::size_t max = 0;
  std::string text = {};
};

const FunctionInfo* find_function(std::string_view name);
const FunctionInfo& function_info(FunctionName name);
std::string function_names();  // for messages: "upper, lower, ..."

// Runs the functions in order on `value` in its place; one that becomes empty skips the rest. The
// result may point into `scratch`.
void apply_functions(std::span<const Function> functions, Value& value, Scratch& scratch);

}  // namespace cxrelay::mapping
