// What the readers of rules share: places for messages, kinds that are demanded, constants as JSON
// text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/document.hpp"
#include "mapping/function.hpp"

namespace cxrelay::mapping {

[[noreturn]] void fail(const std::string& message, const std::string& place);  // MappingError

std::string quoted(std::string_view text);
std::string member_place(const std::string& place, std::string_view key);
std::string element_place(const std::string& place, std::size_t index);

std::string_view require_string(const json::Node& node, const std::string& place);
const json::Node& require_kind(const json::Node& node, json::Kind kind, const char* what,
                               const std::string& place);

// Compact JSON text with every string escaped one way, so that equal constants have equal text;
// "" for what would be dropped from the output.
std::string constant_text(const json::Document& document, const json::Node& node);

// One element of `apply`.
Function read_function(const json::Document& document, const json::Node& node,
                       const std::string& place);

// The children of an array or object, in order.
template <typename Visit>
void for_each_child(const json::Document& document, const json::Node& parent, Visit visit) {
  const json::Node* child = document.first_child(parent);
  for (; child; child = document.next_sibling(parent, *child)) visit(*child);
}

}  // namespace cxrelay::mapping
