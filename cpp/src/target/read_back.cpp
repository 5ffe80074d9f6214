// Whether a payload stands in what the target says of an interaction.
#include <algorithm>
#include <string>
#include <string_view>

#include "cxrelay/target.hpp"
#include "http/url.hpp"
#include "json/document.hpp"
#include "json/number.hpp"
#include "target/placeholder.hpp"

namespace cxrelay {
namespace {

// As for merging updates: what an event may have, and a little more by the path of the target.
constexpr std::size_t kMaxDepth = 64;

using json::Document;
using json::Kind;
using json::Node;

// A value and the document that it stands in.
struct Value {
  const Document& document;
  const Node& node;
};

bool is_number(const Node& node) {
  return node.kind == Kind::integer || node.kind == Kind::decimal;
}

// 1.50 is 1.5 and 100 is 1e2, but integers are exact however long they are.
bool same_number(const Node& a, const Node& b) {
  if (a.text == b.text) return true;
  if (a.kind == Kind::integer && b.kind == Kind::integer) return false;
  return json::to_double(a.text) == json::to_double(b.text);
}

bool same(const Value& a, const Value& b);

bool same_elements(const Value& a, const Value& b) {
  const Node* left = a.document.first_child(a.node);
  const Node* right = b.document.first_child(b.node);
  while (left != nullptr && right != nullptr) {
    if (!same({a.document, *left}, {b.document, *right})) return false;
    left = a.document.next_sibling(a.node, *left);
    right = b.document.next_sibling(b.node, *right);
  }
  return left == right;  // both at the end
}

bool same_members(const Value& a, const Value& b) {
  if (a.node.count != b.node.count) return false;
  for (const Node* member = a.document.first_child(a.node); member != nullptr;
       member = a.document.next_sibling(a.node, *member)) {
    const Node* other = b.document.find(b.node, member->key);
    if (other == nullptr || !same({a.document, *member}, {b.document, *other})) return false;
  }
  return true;
}

// The recursions end with the depth that the parser allows.
bool same(const Value& a, const Value& b) {
  if (is_number(a.node) && is_number(b.node)) return same_number(a.node, b.node);
  if (a.node.kind != b.node.kind) return false;
  switch (a.node.kind) {
    case Kind::boolean:
      return a.node.boolean == b.node.boolean;
    case Kind::string:
      return a.node.text == b.node.text;
    case Kind::array:
      return same_elements(a, b);
    case Kind::object:
      return same_members(a, b);
    default:
      return true;  // null
  }
}

// An object is written member by member, at any depth (as updates are merged); what else is there
// stays. Any other value is written whole.
bool holds(const Value& there, const Value& written) {
  if (there.node.kind != Kind::object || written.node.kind != Kind::object)
    return same(there, written);
  for (const Node* member = written.document.first_child(written.node); member != nullptr;
       member = written.document.next_sibling(written.node, *member)) {
    const Node* found = there.document.find(there.node, member->key);
    if (found == nullptr || !holds({there.document, *found}, {written.document, *member}))
      return false;
  }
  return true;
}

// One step of a JSON pointer: "~1" is a slash, "~0" a tilde.
std::string member_name(std::string_view token) {
  std::string name;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escaped = token[i] == '~' && i + 1 < token.size();
    if (escaped) ++i;
    name += !escaped ? token[i] : token[i] == '1' ? '/' : '~';
  }
  return name;
}

// Through objects only; nullptr if there is no such place.
const Node* at_pointer(const Document& document, std::string_view pointer) {
  const Node* node = &document.root();
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    if (node->kind != Kind::object) return nullptr;
    node = document.find(*node, member_name(pointer.substr(0, end)));
    if (node == nullptr) return nullptr;
    pointer.remove_prefix(end);
  }
  return node;
}

}  // namespace

HttpRequest encode_read_back(const Target& target, std::string_view interaction_id) {
  const target::PathParts path = target::split_path(target.read_back->path);
  HttpRequest request;
  request.url = target.base_url;
  request.url += path.before;
  request.url += encode_path_segment(interaction_id);
  request.url += path.after;
  request.headers.reserve(2);  // with the Authorization header that the caller adds
  request.headers.emplace_back("Accept: application/json");
  request.timeout_ms = target.timeout_ms;
  request.max_reply_bytes = target.max_reply_bytes;
  return request;
}

Found find_payload(const Target& target, std::string_view payload, std::string_view reply_body) {
  Document written;
  Document reply;
  const json::ParseLimits limits{.max_bytes = std::max(target.max_reply_bytes, payload.size()),
                                 .max_depth = kMaxDepth,
                                 .max_keys = std::max(target.max_reply_bytes, payload.size())};
  if (written.parse(payload, limits) != json::ParseError::none) return Found::unclear;
  if (reply.parse(reply_body, limits) != json::ParseError::none) return Found::unclear;
  const Node* there = at_pointer(reply, target.read_back->pointer);
  if (there == nullptr || there->kind != Kind::object) return Found::unclear;
  if (written.root().kind != Kind::object) return Found::unclear;
  return holds({reply, *there}, {written, written.root()}) ? Found::applied : Found::not_applied;
}

}  // namespace cxrelay
