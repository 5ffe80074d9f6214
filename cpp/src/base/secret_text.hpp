// What a server says goes into the journal, and a server may repeat what it was sent. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cxrelay {

// From this length on, a piece of a secret counts: a message may have been cut in the middle of it.
inline constexpr std::size_t kShortestPiece = 12;

// The text with "[secret]" in the place of every secret and of every piece of one that is at least kShortestPiece
// bytes. Secrets of fewer than 4 bytes are not looked for.
std::string without_secrets(std::string text, std::span<const std::string_view> secrets);

}  // namespace cxrelay
