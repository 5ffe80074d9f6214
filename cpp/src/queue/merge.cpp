#include "queue/merge.hpp"

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

bool parse_object(Document& document, std::string_view text) {
  return document.parse(text, kLimits) == json::ParseError::none &&
         document.root().kind == Kind::object;
}

void append_key(std::string& out, std::string_view key) {
  if (out.back() != '{') out.push_back(',');
  json::append_string(out, key);
  out.push_back(':');
}

// Recursion ends with the depth that the parser allows.
void append_merged(std::string& out, const Document& mine, const Node& older,
                   const Document& theirs, const Node& newer) {
  out.push_back('{');
  for (const Node* value = mine.first_child(older); value != nullptr;
       value = mine.next_sibling(older, *value)) {
    const Node* other = theirs.find(newer, value->key);
    append_key(out, value->key);
    if (other == nullptr) {
      out.append(mine.raw(*value));
    } else if (value->kind == Kind::object && other->kind == Kind::object) {
      append_merged(out, mine, *value, theirs, *other);
    } else {
      out.append(theirs.raw(*other));
    }
  }
  for (const Node* value = theirs.first_child(newer); value != nullptr;
       value = theirs.next_sibling(newer, *value)) {
    if (mine.find(older, value->key) != nullptr) continue;
    append_key(out, value->key);
    out.append(theirs.raw(*value));
  }
  out.push_back('}');
}

}  // namespace

std::string without_newer(std::string_view payload, const std::vector<std::string>& newer) {
  std::string rest(payload);
  Document mine;
  Document theirs;
  for (const auto& text : newer) {
    if (rest.empty()) break;
    std::string left;
    if (parse_object(mine, rest) && parse_object(theirs, text)) {
      append_rest(left, mine, mine.root(), theirs, theirs.root());
    }
    rest = std::move(left);
  }
  return rest;
}

std::string merge(std::string_view older, std::string_view newer) {
  Document mine;
  Document theirs;
  if (!parse_object(mine, older) || !parse_object(theirs, newer)) return std::string(newer);
  std::string out;
  out.reserve(older.size() + newer.size());
  append_merged(out, mine, mine.root(), theirs, theirs.root());
  return out;
}

}  // namespace cxrelay::queue
