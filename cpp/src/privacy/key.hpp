// What is demanded of a key, wherever it comes from.
#pragma once

#include <cstddef>
#include <string_view>

namespace cxrelay {

inline constexpr std::size_t kMinPrivacyKeyBytes = 16;
inline constexpr std::size_t kMaxPrivacyKeyBytes = 4096;

// Throws ConfigError if it is too short or too long.
void check_privacy_key(std::string_view key);

}  // namespace cxrelay
