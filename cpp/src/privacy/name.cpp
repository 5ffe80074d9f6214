#include "privacy/name.hpp"

#include <cstddef>

namespace cxrelay::privacy {
namespace {

// Goes through both from their ends. What is left of `name` when `wanted` is used up, or nullptr if they differ
// before that.
const char* left_of(std::string_view name, std::string_view wanted) noexcept {
  std::size_t at = name.size();
  for (std::size_t left = wanted.size(); left > 0; --left) {
    while (at > 0 && is_skipped(name[at - 1])) --at;
    if (at == 0 || fold(name[at - 1]) != wanted[left - 1]) return nullptr;
    --at;
  }
  return name.data() + at;
}

}  // namespace

std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (!is_skipped(c)) out += fold(c);
  }
  return out;
}

bool is_name(std::string_view name, std::string_view wanted) noexcept {
  const char* end = left_of(name, wanted);
  if (end == nullptr) return false;
  for (const char* at = name.data(); at != end; ++at) {
    if (!is_skipped(*at)) return false;
  }
  return true;
}

bool ends_in_name(std::string_view name, std::string_view wanted) noexcept {
  return left_of(name, wanted) != nullptr;
}

}  // namespace cxrelay::privacy
