// Moments that tests agree on.
#pragma once

#include <cstdint>

namespace cxrelay::testing {

inline constexpr std::int64_t kMay15Us = 1'715'769'000'000'000;  // 2024-05-15T10:30:00Z

}  // namespace cxrelay::testing
