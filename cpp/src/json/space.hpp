// Insignificant whitespace (RFC 8259, section 2).
#pragma once

namespace cxrelay::json {

// Nearly every character that is asked about is beyond the space: one comparison.
constexpr bool is_space(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

}  // namespace cxrelay::json
