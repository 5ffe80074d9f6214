#include "json/repeated_key.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace cxrelay::json {
namespace {

// Up to here comparing all pairs is cheaper than sorting.
constexpr std::size_t kFewKeys = 24;

struct Signed {
  std::uint64_t sign;
  const Node* member;
};

bool same(const Signed& a, const Signed& b) noexcept {
  return a.sign == b.sign && a.member->key == b.member->key;
}

const Node* among_few(std::span<const Signed> keys) noexcept {
  for (std::size_t i = 1; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (same(keys[i], keys[j])) return keys[i].member;
    }
  }
  return nullptr;
}

// Sorting by sign first keeps text comparisons rare; n log n even if an attacker makes all signs
// equal.
const Node* among_many(std::span<Signed> keys) {
  std::sort(keys.begin(), keys.end(), [](const Signed& a, const Signed& b) {
    if (a.sign != b.sign) return a.sign < b.sign;
    if (const int order = a.member->key.compare(b.member->key); order != 0) return order < 0;
    return a.member < b.member;
  });
  const Node* first = nullptr;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (!same(keys[i - 1], keys[i])) continue;
    if (first == nullptr || keys[i].member < first) first = keys[i].member;
  }
  return first;
}

}  // namespace

const Node* find_repeated_key(const Node* nodes, std::uint32_t object) {
  const std::uint32_t count = nodes[object].count;
  Signed few[kFewKeys];
  std::vector<Signed> many(count > kFewKeys ? count : 0);
  const std::span<Signed> keys = many.empty() ? std::span(few, count) : std::span(many);
  std::uint32_t index = object + 1;
  for (auto& key : keys) {
    key = {key_sign(nodes[index].key), &nodes[index]};
    index = nodes[index].next;
  }
  return many.empty() ? among_few(keys) : among_many(keys);
}

}  // namespace cxrelay::json
