// One function of a rule's `apply` from JSON.
#include <charconv>

#include "mapping/rule_json.hpp"

namespace cxrelay::mapping {
namespace {

using json::Document;
using json::Kind;
using json::Node;

class FunctionReader {
 public:
  FunctionReader(const Document& document, const Node& node, std::string place)
      : document_(document), node_(node), place_(std::move(place)) {}

  Function read() const {
    if (node_.kind == Kind::string) return read_named(node_.text, place_);
    require_kind(node_, Kind::object, "a function name or an object with 'name'", place_);
    const Node* name = document_.find(node_, "name");
    if (!name) fail("'name' is missing", place_);
    const auto name_place = member_place(place_, "name");
    return read_named(require_string(*name, name_place), name_place);
  }

 private:
  Function read_named(std::string_view name, const std::string& place) const {
    const auto* info = find_function(name);
    if (!info)
      fail("there is no function " + quoted(name) + "; there are " + function_names(), place);
    Function out{.name = info->id};
    const char* wanted = info->argument == Argument::max    ? "max"
                         : info->argument == Argument::text ? "text"
                                                            : nullptr;
    refuse_other_keys(wanted);
    if (!wanted) return out;
    const Node* argument = node_.kind == Kind::object ? document_.find(node_, wanted) : nullptr;
    if (!argument) fail(quoted(name) + " needs " + quoted(wanted), place_);
    read_argument(*argument, info->argument, member_place(place_, wanted), out);
    return out;
  }

  void refuse_other_keys(const char* wanted) const {
    if (node_.kind != Kind::object) return;
    for_each_child(document_, node_, [&](const Node& child) {
      if (child.key == "name" || (wanted && child.key == wanted)) return;
      fail("unknown key " + quoted(child.key), member_place(place_, child.key));
    });
  }

  static void read_argument(const Node& node, Argument kind, const std::string& place,
                            Function& out) {
    if (kind == Argument::text) {
      out.text = require_string(node, place);
      if (out.text.empty() || out.text.size() > kMaxArgument) {
        fail("a text of 1 to " + std::to_string(kMaxArgument) + " bytes is expected", place);
      }
      return;
    }
    const auto* end = node.text.data() + node.text.size();
    const bool whole =
        node.kind == Kind::integer && std::from_chars(node.text.data(), end, out.max).ptr == end;
    if (!whole || out.max < 1 || out.max > kMaxArgument) {
      fail("a whole number from 1 to " + std::to_string(kMaxArgument) + " is expected", place);
    }
  }

  const Document& document_;
  const Node& node_;
  std::string place_;
};

}  // namespace

Function read_function(const Document& document, const Node& node, const std::string& place) {
  return FunctionReader(document, node, place).read();
}

}  // namespace cxrelay::mapping
