// The one placeholder that a path may have. Pure.
#pragma once

#include <string_view>

namespace cxrelay::target {

inline constexpr std::string_view kInteractionId = "{interaction_id}";

// A path template cut at its placeholder; without one, all of it is `before`.
struct PathParts {
  std::string_view before;
  std::string_view after;
  bool has_placeholder = false;
};

constexpr PathParts split_path(std::string_view path) noexcept {
  const std::size_t at = path.find(kInteractionId);
  if (at == std::string_view::npos) return {path, {}, false};
  return {path.substr(0, at), path.substr(at + kInteractionId.size()), true};
}

}  // namespace cxrelay::target
