// The walk over a text's tokens: checks the whole grammar and writes the nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "json/document.hpp"
#include "json/repeated_key.hpp"
#include "json/tokens.hpp"

namespace cxrelay::json {

// An array or object that the walk is in.
struct OpenContainer {
  Node* node = nullptr;
  std::uint32_t count = 0;  // elements or members so far
  bool is_object = false;
  KeyFilter keys;
};

// Memory that outlives a walk so that the next one need not allocate.
struct WalkBuffers {
  std::vector<Node> nodes;
  std::vector<OpenContainer> open;
  std::vector<char> unescaped;  // room for the text's strings without their escapes
};

struct WalkResult {
  ParseError error = ParseError::none;
  std::size_t error_offset = 0;
  std::size_t node_count = 0;
};

// `text` is padded (kPadding) and was scanned into `tokens`. Grammar errors win over duplicate keys
// and over numbers that are not finite: first of all a text must be JSON.
WalkResult walk(std::string_view text, const TokenIndex& tokens, const ParseLimits& limits,
                WalkBuffers& buffers);

}  // namespace cxrelay::json
