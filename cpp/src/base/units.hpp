// How many of a unit make one of another.
#pragma once

#include <cstdint>

namespace cxrelay {

inline constexpr std::int64_t kUsPerMs = 1000;
inline constexpr std::int64_t kUsPerSecond = 1'000'000;

}  // namespace cxrelay
