// From a reply to one answer an update. A reply is believed only where it can be matched to the
// request one to one; to take a wrong item for an update's answer would lose that update.
#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cxrelay/target.hpp"
#include "json/document.hpp"
#include "target/message.hpp"

namespace cxrelay {
namespace {

using json::Document;
using json::Kind;
using json::Node;

// One element of the results, as views into the document.
struct Item {
  int status = 0;
  std::string_view message;
  std::string_view id;  // echoed; empty = none
};

// Exactly three digits, 100 to 599, and a JSON integer: "200", 200.0 and 2e2 are not a status.
int status_of(const Node& node) {
  if (node.kind != Kind::integer || node.text.size() != 3) return 0;
  int status = 0;
  std::from_chars(node.text.data(), node.text.data() + node.text.size(), status);
  return status >= 100 && status <= 599 ? status : 0;
}

Item read_item(const Document& document, const Node& node) {
  Item item;
  if (node.kind != Kind::object) return item;
  std::string_view id;
  for (const Node* member = document.first_child(node); member != nullptr;
       member = document.next_sibling(node, *member)) {
    if (member->key == "status") item.status = status_of(*member);
    if (member->key == "message" && member->kind == Kind::string) item.message = member->text;
    // An id that the server read as a number is still that id.
    const bool is_text = member->kind == Kind::string || member->kind == Kind::integer;
    if (member->key == "interactionId" && is_text) item.id = member->text;
    if (member->key == "id" && is_text) id = member->text;
  }
  if (item.id.empty()) item.id = id;
  return item;
}

// The items of a reply; none if it is not of the agreed shape.
std::vector<Item> read_items(const Target& target, const HttpReply& reply, std::size_t expected) {
  Document& document = json::thread_document();
  // The bytes bound the work; a key takes at least four of them.
  const json::ParseLimits limits{
      .max_bytes = target.max_reply_bytes, .max_depth = 32, .max_keys = target.max_reply_bytes};
  if (document.parse(reply.body, limits) != json::ParseError::none) return {};
  if (document.root().kind != Kind::object) return {};
  const Node* results = document.find(document.root(), target.results_member);
  if (results == nullptr || results->kind != Kind::array) return {};
  std::vector<Item> items;
  items.reserve(expected);
  for (const Node* node = document.first_child(*results); node != nullptr;
       node = document.next_sibling(*results, *node))
    items.push_back(read_item(document, *node));
  return items;
}

ItemReply to_reply(const Item& item) {
  if (item.status == 0) return {};
  return {item.status, target::one_line(item.message)};
}

// As many items as updates, and none that names another update than the one in its place.
bool matches_in_order(const Claim& claim, const std::vector<Item>& items) {
  return std::ranges::equal(claim.updates, items,
                            [](const ClaimedUpdate& update, const Item& item) {
                              return item.id.empty() || item.id == update.interaction_id;
                            });
}

// An update's place in the claim, or kTwice if its id occurs more than once: then an id says
// nothing.
constexpr std::size_t kTwice = static_cast<std::size_t>(-1);

// The order is not to be trusted: only an id counts that occurs once in the request and once in the
// reply.
std::vector<ItemReply> match_by_id(const Claim& claim, const std::vector<Item>& items) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < claim.updates.size(); ++i) {
    const auto [at, is_new] = places.try_emplace(claim.updates[i].interaction_id, i);
    if (!is_new) at->second = kTwice;
  }
  std::vector<ItemReply> replies(claim.updates.size());
  std::vector<int> seen(claim.updates.size(), 0);
  for (const Item& item : items) {
    const auto at = places.find(item.id);
    if (item.id.empty() || at == places.end() || at->second == kTwice) continue;
    replies[at->second] = ++seen[at->second] == 1 ? to_reply(item) : ItemReply{};
  }
  return replies;
}

}  // namespace

std::vector<ItemReply> decode_reply(const Target& target, const Claim& claim,
                                    const HttpReply& reply) {
  if (target.body_shape == BodyShape::single)
    return std::vector<ItemReply>(claim.updates.size(), ItemReply{reply.status, {}});
  const std::vector<Item> items = read_items(target, reply, claim.updates.size());
  if (!matches_in_order(claim, items)) return match_by_id(claim, items);
  std::vector<ItemReply> replies;
  replies.reserve(items.size());
  for (const Item& item : items) replies.push_back(to_reply(item));
  return replies;
}

}  // namespace cxrelay
