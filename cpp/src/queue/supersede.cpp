#include "queue/supersede.hpp"

#include "json/document.hpp"
#include "json/write.hpp"

namespace cxrelay::queue {
namespace {

using json::Document;
using json::Kind;
using json::Node;

// Our own payloads: as large as an event may be, and a little deeper by the path of the target.
constexpr json::ParseLimits kLimits{1024 * 1024, 64, 10'000};

// Appends what of `object` the object `newer` does not set; returns whether anything was appended.
bool append_rest(std::string& out, const Document& mine, const Node& object, const Document& theirs,
                 const Node& newer) {
  const auto start = out.size();
  out.push_back('{');
  bool any = false;
  for (const Node* value = mine.first_child(object); value != nullptr;
       value = mine.next_sibling(object, *value)) {
    const Node* other = theirs.find(newer, value->key);
    const bool nested =
        other != nullptr && value->kind == Kind::object && other->kind == Kind::object;
    if (other != nullptr && !nested) continue;
    const auto member = out.size();
    if (any) out.push_back(',');
    json::append_string(out, value->key);
    out.push_back(':');
    if (!nested) {
      out.append(mine.raw(*value));
    } else if (!append_rest(out, mine, *value, theirs, *other)) {
      out.resize(member);
      continue;
    }
    any = true;
  }
  out.push_back('}');
  if (!any) out.resize(start);
  return any;
}

}  // namespace

std::string without_newer(std::string_view payload, const std::vector<std::string>& newer) {
  std::string rest(payload);
  Document mine;
  Document theirs;
  for (const auto& text : newer) {
    if (rest.empty()) break;
    std::string left;
    if (mine.parse(rest, kLimits) == json::ParseError::none && mine.root().kind == Kind::object &&
        theirs.parse(text, kLimits) == json::ParseError::none &&
        theirs.root().kind == Kind::object) {
      append_rest(left, mine, mine.root(), theirs, theirs.root());
    }
    rest = std::move(left);
  }
  return rest;
}

}  // namespace cxrelay::queue
