// Finds the values at many paths in one pass over the objects they lie in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/short_text.hpp"
#include "json/document.hpp"
#include "mapping/path.hpp"

namespace cxrelay::mapping {

// From a key to a number, for a few keys known beforehand: most foreign keys fail on their length
// alone, and a lookup costs the logarithm of the known keys of that length at worst.
class KeyTable {
 public:
  void insert(std::string_view key, std::uint32_t number);
  const std::uint32_t* find(std::string_view key) const noexcept {
    const std::size_t own = group(key.size());
    const Entry* begin = entries_.data() + begins_[own];
    const Entry* end = entries_.data() + begins_[own + 1];
    if (end - begin > kFew) return find_among(begin, end, key);
    for (; begin != end; ++begin) {
      if (begin->is(key)) return &begin->number;
    }
    return nullptr;
  }
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

 private:
  struct Entry {
    std::string key;
    std::uint32_t number;
    bool is(std::string_view other) const noexcept {
      return key.size() == other.size() && same_bytes(key.data(), other.data(), key.size());
    }
  };
  static constexpr std::size_t kLongest = 32;  // longer keys share the last group
  static constexpr std::ptrdiff_t kFew = 4;
  static const std::uint32_t* find_among(const Entry* begin, const Entry* end,
                                         std::string_view key) noexcept;
  static std::size_t group(std::size_t size) noexcept { return size < kLongest ? size : kLongest; }

  std::vector<Entry> entries_;  // by group, then by key
  std::array<std::uint16_t, kLongest + 2> begins_{};
};

class Selector {
 public:
  // Makes select() put the value at `path` (below its root) into slot `slot`; an empty path is the
  // root.
  void add(const Path& path, std::uint32_t slot);
  bool empty() const noexcept { return branches_.size() == 1 && !branches_.front().slot; }

  // Fills the slots of what is there and leaves the others as they are.
  void select(const json::Document& document, const json::Node& root,
              std::span<const json::Node*> slots) const;

 private:
  struct Branch {
    std::optional<std::uint32_t> slot = {};
    KeyTable keys = {};
    std::vector<std::pair<std::size_t, std::uint32_t>> elements = {};  // array places, ascending
  };
  using Slots = std::span<const json::Node*>;
  std::uint32_t child_of(std::uint32_t branch, const std::string& key);
  void visit(const Branch& branch, const json::Node* nodes, std::size_t at, Slots slots) const;
  void visit_members(const Branch& branch, const json::Node* nodes, std::size_t at,
                     Slots slots) const;
  void visit_elements(const Branch& branch, const json::Node* nodes, std::size_t at,
                      Slots slots) const;

  std::vector<Branch> branches_{1};  // the first is the root
};

}  // namespace cxrelay::mapping
