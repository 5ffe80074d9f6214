#include "mapping/selector.hpp"

#include <algorithm>

namespace cxrelay::mapping {

void KeyTable::insert(std::string_view key, std::uint32_t number) {
  const std::size_t own = group(key.size());
  const auto begin = entries_.begin() + begins_[own];
  const auto end = entries_.begin() + begins_[own + 1];
  const auto at = std::find_if(begin, end, [&](const Entry& entry) { return entry.key >= key; });
  entries_.insert(at, Entry{std::string(key), number});
  for (std::size_t i = own + 1; i < begins_.size(); ++i) ++begins_[i];
}

const std::uint32_t* KeyTable::find_among(const Entry* begin, const Entry* end,
                                          std::string_view key) noexcept {
  const auto* at = std::lower_bound(
      begin, end, key, [](const Entry& entry, auto other) { return entry.key < other; });
  return at != end && at->key == key ? &at->number : nullptr;
}

std::uint32_t Selector::child_of(std::uint32_t branch, const std::string& key) {
  if (const auto* known = branches_[branch].keys.find(key)) return *known;
  const auto child = static_cast<std::uint32_t>(branches_.size());
  branches_.emplace_back();
  auto& parent = branches_[branch];
  parent.keys.insert(key, child);
  if (const auto index = array_index(key)) {
    parent.elements.emplace_back(*index, child);
    std::ranges::sort(parent.elements);
  }
  return child;
}

void Selector::add(const Path& path, std::uint32_t slot) {
  std::uint32_t branch = 0;
  for (const auto& key : path) branch = child_of(branch, key);
  branches_[branch].slot = slot;
}

void Selector::select(const json::Document& document, const json::Node& root, Slots slots) const {
  const json::Node* nodes = document.nodes().data();
  if (branches_.front().slot) slots[*branches_.front().slot] = &root;
  visit(branches_.front(), nodes, static_cast<std::size_t>(&root - nodes), slots);
}

// Recursion ends with the path: at most kMaxPathDepth calls deep.
void Selector::visit(const Branch& branch, const json::Node* nodes, std::size_t at,
                     Slots slots) const {
  if (nodes[at].kind == json::Kind::object) {
    if (!branch.keys.empty()) visit_members(branch, nodes, at, slots);
  } else if (nodes[at].kind == json::Kind::array) {
    if (!branch.elements.empty()) visit_elements(branch, nodes, at, slots);
  }
}

// Keys are unique, so the pass ends as soon as each known key has been seen.
void Selector::visit_members(const Branch& branch, const json::Node* nodes, std::size_t at,
                             Slots slots) const {
  std::size_t unseen = branch.keys.size();
  const std::size_t end = nodes[at].next;
  for (std::size_t i = at + 1; i < end && unseen > 0; i = nodes[i].next) {
    const auto* number = branch.keys.find(nodes[i].key);
    if (!number) continue;
    --unseen;
    const Branch& child = branches_[*number];
    if (child.slot) slots[*child.slot] = nodes + i;
    if (!child.keys.empty()) visit(child, nodes, i, slots);
  }
}

void Selector::visit_elements(const Branch& branch, const json::Node* nodes, std::size_t at,
                              Slots slots) const {
  auto wanted = branch.elements.begin();
  std::size_t index = 0;
  const std::size_t end = nodes[at].next;
  for (std::size_t i = at + 1; i < end && wanted != branch.elements.end(); i = nodes[i].next) {
    if (wanted->first != index++) continue;
    const Branch& child = branches_[(wanted++)->second];
    if (child.slot) slots[*child.slot] = nodes + i;
    visit(child, nodes, i, slots);
  }
}

}  // namespace cxrelay::mapping
