// What is left of an older update after newer ones have been written (P5). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cxrelay::queue {

// `payload` without the values that one of `newer` sets too, compared member by member through nested objects.
// Empty when nothing is left to write. All are JSON objects as the mapping made them; what is not one is
// treated as setting everything.
std::string without_newer(std::string_view payload, const std::vector<std::string>& newer);

}  // namespace cxrelay::queue
