#include "privacy/name_index.hpp"

#include <algorithm>
#include <array>

#include "privacy/name.hpp"

namespace cxrelay::privacy {

void NameIndex::add(const Part& last, std::size_t rule) {
  if (last.kind == Part::Kind::one) {
    for_any_name_.push_back(rule);
    for_elements_.push_back(rule);
    has_nameless_ = true;
    return;
  }
  if (last.index) {
    for_elements_.push_back(rule);
    has_nameless_ = true;
  }
  if (last.kind == Part::Kind::ending) {
    by_ending_.emplace_back(last.name, rule);
  } else {
    by_name_[last.name].push_back(rule);
  }
  has_short_ |= last.name.size() < 2;
  admit(last.name);
}

// Sets the bit of every pair of bytes that a name may end with if it is, or ends with, `wanted`.
void NameIndex::admit(std::string_view wanted) {
  const auto fits = [&](char before_last, char last) {
    if (is_skipped(before_last) || is_skipped(last) || wanted.size() < 2) return true;
    return fold(before_last) == wanted[wanted.size() - 2] && fold(last) == wanted.back();
  };
  for (std::size_t pair = 0; pair < endings_.size(); ++pair) {
    const std::array bytes{static_cast<char>(pair & 0xFF), static_cast<char>(pair >> 8)};
    if (fits(bytes[0], bytes[1])) endings_.set(load_word<std::uint16_t>(bytes.data()));
  }
}

// Valid until this thread asks again.
std::string_view NameIndex::folded_key(std::string_view name) {
  static thread_local std::string text;
  text.clear();
  for (const char c : name) {
    if (!is_skipped(c)) text += fold(c);
  }
  return text;
}

bool NameIndex::is_meant(std::string_view name) const {
  if (by_name_.contains(folded_key(name))) return true;
  return std::ranges::any_of(by_ending_,
                             [&](const auto& rule) { return ends_in_name(name, rule.first); });
}

}  // namespace cxrelay::privacy
