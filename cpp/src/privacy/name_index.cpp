#include "privacy/name_index.hpp"

#include <algorithm>
#include <array>

#include "privacy/name.hpp"

namespace cxrelay::privacy {
namespace {

std::uint16_t end_of(char before_last, char last) noexcept {
  const std::array bytes{before_last, last};
  return load_word<std::uint16_t>(bytes.data());
}

// The bytes that fold to `c`.
std::array<char, 2> spellings(char c) noexcept {
  const bool is_letter = c >= 'a' && c <= 'z';
  return {c, is_letter ? static_cast<char>(c - 'a' + 'A') : c};
}

}  // namespace

// Behind a byte that is skipped any name may end.
NameIndex::NameIndex() {
  for (const char skipped : {'_', '-'}) {
    for (int other = 0; other < 256; ++other) {
      admit(skipped, static_cast<char>(other));
      admit(static_cast<char>(other), skipped);
    }
  }
}

void NameIndex::add(const Part& last, std::size_t rule) {
  if (last.kind == Part::Kind::one || last.index) {
    for_elements_.push_back(rule);
    has_nameless_ = true;
  }
  if (last.kind == Part::Kind::one) {
    for_any_name_.push_back(rule);
    return;
  }
  named_.push_back({last, rule});
  if (last.name.size() < 2) {
    has_short_ = true;
    known_ends_.set();
    return;
  }
  const char before_last = last.name[last.name.size() - 2];
  by_end_[end_of(before_last, last.name.back())].push_back({last, rule});
  for (const char first : spellings(before_last)) {
    for (const char second : spellings(last.name.back())) admit(first, second);
  }
}

void NameIndex::admit(char before_last, char last) { known_ends_.set(end_of(before_last, last)); }

bool NameIndex::is_meant(std::string_view name) const {
  return std::ranges::any_of(with_end_of(name), [&](const Meant& meant) {
    return meant.part.matches({name, 0, false});
  });
}

const std::vector<NameIndex::Meant>& NameIndex::with_end_of(std::string_view name) const {
  static const std::vector<Meant> none;
  if (has_short_ || name.size() < 2) return named_;
  const char before_last = name[name.size() - 2];
  if (is_skipped(before_last) || is_skipped(name.back())) return named_;
  const auto found = by_end_.find(end_of(fold(before_last), fold(name.back())));
  return found != by_end_.end() ? found->second : none;
}

}  // namespace cxrelay::privacy
