// From the name of a member to the rules that may mean it. Nearly every name is none of them, so the first question
// costs a load and a bit: whether any rule's name ends with the same two bytes. The second is asked of those rules only.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/short_text.hpp"
#include "privacy/pattern.hpp"

namespace cxrelay::privacy {

class NameIndex {
 public:
  NameIndex();

  // Of a rule's last part.
  void add(const Part& last, std::size_t rule);

  // False if no rule means a name like that, wherever it stands.
  bool may_be_meant(std::string_view name) const { return is_end_known(name) && is_meant(name); }
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
    if (!is_end_known(place.key)) return;
    for (const auto& meant : with_end_of(place.key)) visit(meant.rule);
  }

 private:
  struct Meant {
    Part part;
    std::size_t rule = 0;
  };

  bool is_end_known(std::string_view name) const noexcept {
    if (name.size() < 2) return has_short_;
    return known_ends_[load_word<std::uint16_t>(name.data() + name.size() - 2)];
  }
  bool is_meant(std::string_view name) const;
  const std::vector<Meant>& with_end_of(std::string_view name) const;
  void admit(char before_last, char last);

  std::vector<Meant> named_;
  std::unordered_map<std::uint16_t, std::vector<Meant>> by_end_;  // by two folded bytes
  std::bitset<65536> known_ends_;  // two bytes as they come, with those that are skipped
  bool has_short_ = false;         // a name of fewer than two bytes is meant, or may be
  std::vector<std::size_t> for_any_name_;
  std::vector<std::size_t> for_elements_;
  bool has_nameless_ = false;
};

}  // namespace cxrelay::privacy
