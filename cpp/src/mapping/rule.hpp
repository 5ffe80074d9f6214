// A rule as data: what is read from JSON text, written back to it, and compiled into a program.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mapping/function.hpp"
#include "mapping/path.hpp"
#include "mapping/source.hpp"

namespace cxrelay::mapping {

enum class WhenMissing { drop, error, use_default };

// From text to JSON text, sorted by key. An entry whose JSON text is empty stands for "no value".
using Lookup = std::vector<std::pair<std::string, std::string>>;

struct Rule {
  Source from;
  Path to;
  std::vector<Function> apply = {};
  Lookup lookup = {};             // empty: none
  std::string default_json = {};  // empty: none
  WhenMissing when_missing = WhenMissing::drop;
  std::string place = {};  // where it stood, for messages: "rules[2]"
};

// Reads the forms that Mapping::from_json() describes. Throws MappingError.
std::vector<Rule> read_rules(std::string_view json);

// One text for equal rules: an array of rule objects in full form, without what is a default.
std::string write_rules(const std::vector<Rule>& rules);

}  // namespace cxrelay::mapping
