// Older and newer updates of one interaction (P5): what is left of an older one after newer ones have been written,
// and several that are sent as one. Pure. Payloads are JSON objects as the mapping made them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cxrelay::queue {

// `payload` without the values that one of `newer` sets too, compared member by member through nested objects.
// Empty when nothing is left to write. What is not an object is treated as setting everything.
std::string without_newer(std::string_view payload, const std::vector<std::string>& newer);

// What both set, written one after the other: the values of `newer`, and those of `older` that it does not set,
// member by member through nested objects.
std::string merge(std::string_view older, std::string_view newer);

}  // namespace cxrelay::queue
