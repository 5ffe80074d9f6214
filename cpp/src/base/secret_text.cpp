#include "base/secret_text.hpp"

#include <algorithm>
#include <cstddef>

namespace cxrelay {
namespace {

constexpr std::string_view kMark = "[secret]";
constexpr std::size_t kShortestSecret = 4;

// Bytes at the beginning of `text` that are a piece of the secret; 0 if too few are.
std::size_t piece_of(std::string_view text, std::string_view secret) {
  const std::size_t least = std::min(kShortestPiece, secret.size());
  if (least < kShortestSecret || text.size() < least) return 0;
  const std::size_t place = secret.find(text.substr(0, least));
  if (place == std::string_view::npos) return 0;
  secret.remove_prefix(place);
  const auto ends = std::ranges::mismatch(text, secret);
  return static_cast<std::size_t>(ends.in1 - text.begin());
}

std::size_t longest_piece(std::string_view text, std::span<const std::string_view> secrets) {
  std::size_t longest = 0;
  for (const std::string_view secret : secrets) longest = std::max(longest, piece_of(text, secret));
  return longest;
}

}  // namespace

std::string without_secrets(std::string text, std::span<const std::string_view> secrets) {
  std::string out;
  std::size_t kept = 0;  // of the text, in `out`
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = longest_piece(std::string_view(text).substr(at), secrets);
    if (size == 0) {
      ++at;
      continue;
    }
    out.append(text, kept, at - kept).append(kMark);
    at += size;
    kept = at;
  }
  if (kept == 0) return text;
  return out.append(text, kept);
}

}  // namespace cxrelay
