#include "mapping/rule_json.hpp"

#include "cxrelay/errors.hpp"
#include "json/write.hpp"

namespace cxrelay::mapping {
namespace {

using json::Document;
using json::Kind;
using json::Node;

bool is_empty(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return true;
    case Kind::string:
      return is_blank(node.text);
    case Kind::array:
    case Kind::object:
      return node.count == 0;
    default:
      return false;
  }
}

}  // namespace

void fail(const std::string& message, const std::string& place) {
  throw MappingError(message, place);
}

std::string quoted(std::string_view text) {
  std::string out(1, '\'');
  out.append(text).push_back('\'');
  return out;
}

std::string member_place(const std::string& place, std::string_view key) {
  std::string out = place;
  out.append(1, '.').append(key);
  return out;
}

std::string element_place(const std::string& place, std::size_t index) {
  std::string out = place;
  out.append(1, '[').append(std::to_string(index)).append(1, ']');
  return out;
}

std::string_view require_string(const Node& node, const std::string& place) {
  if (node.kind != Kind::string) fail("a string is expected", place);
  return node.text;
}

const Node& require_kind(const Node& node, Kind kind, const char* what, const std::string& place) {
  if (node.kind != kind) fail(std::string(what) + " is expected", place);
  return node;
}

std::string constant_text(const Document& document, const Node& node) {
  std::string out;
  if (!is_empty(node)) json::append_value(out, document, node);
  return out;
}

}  // namespace cxrelay::mapping
