// Paths into JSON objects: the keys from the outermost inwards.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cxrelay::mapping {

using Path = std::vector<std::string>;

constexpr std::size_t kMaxPathDepth = 32;  // no deeper than an event may be by default

// An RFC 6901 pointer ("/a/b~1c") if `text` starts with '/', else keys with dots between ("a.b").
// On a mistake: none, and `problem` says what is wrong.
std::optional<Path> parse_path(std::string_view text, std::string& problem);

// The shortest form that parse_path() reads back to the same path: dotted where possible, else a
// pointer.
std::string path_text(const Path& path);
std::string pointer_text(const Path& path);

// The place in an array that a key names ("0", "1", ... without leading zeros); none for any other
// key.
std::optional<std::size_t> array_index(std::string_view key);

}  // namespace cxrelay::mapping
