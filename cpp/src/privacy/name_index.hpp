// From the name of a member to the rules that may mean it. Nearly every name is none of them, so the first question
// costs a load and a bit: whether any rule's name ends with the same two bytes.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/short_text.hpp"
#include "privacy/pattern.hpp"

namespace cxrelay::privacy {

class NameIndex {
 public:
  // Of a rule's last part.
  void add(const Part& last, std::size_t rule);

  // False if no rule means a name or place like that, wherever it stands.
  bool may_be_meant(std::string_view name) const {
    if (name.size() < 2) return has_short_;
    if (!endings_[load_word<std::uint16_t>(name.data() + name.size() - 2)]) return false;
    return is_meant(name);
  }
  // Rules that mean elements of arrays, or members whatever their name.
  bool has_nameless() const noexcept { return has_nameless_; }

  // Calls visit(rule) for the rules whose last part may match.
  template <typename Visit>
  void for_each(const Place& place, Visit visit) const {
    if (place.is_element) {
      for (const auto rule : for_elements_) visit(rule);
      return;
    }
    for (const auto rule : for_any_name_) visit(rule);
    if (!may_be_meant(place.key)) return;
    const auto found = by_name_.find(folded_key(place.key));
    if (found != by_name_.end()) {
      for (const auto rule : found->second) visit(rule);
    }
    for (const auto& [ending, rule] : by_ending_) visit(rule);
  }

 private:
  static std::string_view folded_key(std::string_view name);
  bool is_meant(std::string_view name) const;
  void admit(std::string_view wanted);

  std::map<std::string, std::vector<std::size_t>, std::less<>> by_name_;
  std::vector<std::pair<std::string, std::size_t>> by_ending_;
  std::vector<std::size_t> for_any_name_;
  std::vector<std::size_t> for_elements_;
  std::bitset<65536> endings_;  // by the last two bytes of a name, as they lie in memory
  bool has_short_ = false;      // a name of fewer than two bytes is meant, or may be
  bool has_nameless_ = false;
};

}  // namespace cxrelay::privacy
