#include "json/walk.hpp"

#include <algorithm>
#include <cstring>

#include "json/number.hpp"
#include "json/unescape.hpp"

namespace cxrelay::json {
namespace {

// Nearly every character that is asked about is beyond the space: one comparison.
bool is_space(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}

bool contains(std::string_view text, char c) noexcept {
  return std::memchr(text.data(), c, text.size()) != nullptr;
}

// Every node takes two tokens, but for the first element of each container that is still open: a
// scalar and its comma, or two brackets.
std::size_t most_nodes(std::size_t tokens, std::size_t max_depth) noexcept {
  return tokens / 2 + std::min(tokens, max_depth) / 2 + 4;
}

// All functions are in the class body and none passes `this` on, so that the compiler keeps the
// state in registers for the whole walk. That halves its time.
class Walk {
 public:
  Walk(std::string_view text, bool has_escapes, const TokenIndex& tokens, const ParseLimits& limits,
       WalkBuffers& buffers)
      : text_(text.data()),
        token_(tokens.starts()),
        end_(tokens.starts() + tokens.count()),
        nodes_(buffers.nodes.data()),
        node_(nodes_),
        open_(buffers.open),
        keys_left_(limits.max_keys),
        max_depth_(limits.max_depth),
        has_escapes_(has_escapes),
        unescaped_(buffers.unescaped.data()) {}

  WalkResult run() {
    std::string_view key;
    while (value(key) && advance(key)) continue;
    return {error_, error_offset_, static_cast<std::size_t>(node_ - nodes_)};
  }

 private:
  // From behind a value to the next one: out of the containers that end here, then over the comma
  // and the key. False at the end of the text and on an error.
  bool advance(std::string_view& key) {
    while (depth_ > 0) {
      OpenContainer& container = open_[depth_ - 1];
      if (peek() != (container.is_object ? '}' : ']')) return separator(container, key);
      close(container);
    }
    return token_ == end_ ? false : fail(ParseError::syntax, *token_);
  }

  bool separator(OpenContainer& container, std::string_view& key) {
    Node& parent = nodes_[container.node];
    if (parent.count++ > 0) {
      if (peek() != ',') return fail(ParseError::syntax, *token_);
      ++token_;
    }
    key = {};
    return !container.is_object || member_key(container.keys, key);
  }

  bool member_key(KeyFilter& keys, std::string_view& key) {
    if (peek() != '"') return fail(ParseError::syntax, *token_);
    if (keys_left_-- == 0) return fail(ParseError::too_many_keys, *token_);
    if (!string(take_token(), key)) return false;
    if (peek() != ':') return fail(ParseError::syntax, *token_);
    ++token_;
    keys.add(key);
    return true;
  }

  bool value(std::string_view key) {
    const char first = peek();
    Node& node = *node_++;
    node = Node{};
    node.begin = *token_;
    node.key = key;
    if (first == '{' || first == '[') return open(node, first == '{');
    if (token_ == end_) return fail(ParseError::syntax, *token_);
    const auto token = take_token();
    node.size = static_cast<std::uint32_t>(token.size());
    node.next = static_cast<std::uint32_t>(node_ - nodes_);
    if (first == '"') {
      node.kind = Kind::string;
      return string(token, node.text);
    }
    return first >= 'a' ? literal(node, token) : number(node, token);
  }

  bool open(Node& node, bool is_object) {
    node.kind = is_object ? Kind::object : Kind::array;
    if (depth_ == max_depth_) return fail(ParseError::too_deep, node.begin);
    if (depth_ == open_.size()) open_.resize(2 * depth_ + 8);
    open_[depth_++] = {static_cast<std::uint32_t>(&node - nodes_), is_object, {}};
    ++token_;
    return true;
  }

  void close(const OpenContainer& container) {
    Node& node = nodes_[container.node];
    node.size = *token_ + 1 - node.begin;
    node.next = static_cast<std::uint32_t>(node_ - nodes_);
    ++token_;
    --depth_;
    if (!container.keys.maybe_repeated()) return;
    const Node* repeated = find_repeated_key(nodes_, container.node);
    if (repeated != nullptr) note(ParseError::duplicate_key, repeated->begin);
  }

  bool string(std::string_view token, std::string_view& out) {
    if (token.size() < 2 || token.back() != '"') return fail(ParseError::syntax, offset_of(token));
    out = token.substr(1, token.size() - 2);
    if (!has_escapes_ || !contains(out, '\\')) return true;
    char* behind = unescaped_;
    std::size_t error_at = 0;
    const auto error = unescape(out, behind, error_at);
    if (error != ParseError::none) return fail(error, offset_of(token) + 1 + error_at);
    out = {unescaped_, static_cast<std::size_t>(behind - unescaped_)};
    unescaped_ = behind;
    return true;
  }

  bool literal(Node& node, std::string_view token) {
    if (token == "null") return true;
    if (token != "true" && token != "false") return fail(ParseError::syntax, node.begin);
    node.kind = Kind::boolean;
    node.boolean = token.size() == 4;
    return true;
  }

  bool number(Node& node, std::string_view token) {
    node.text = token;
    const auto error = check_number(token, node.kind);
    if (error == ParseError::not_finite) note(error, node.begin);
    return error != ParseError::syntax || fail(error, node.begin);
  }

  char peek() const noexcept { return text_[*token_]; }

  // The token at the cursor without the space behind it; moves on. Only space lies between two
  // tokens.
  std::string_view take_token() noexcept {
    const std::size_t begin = *token_++;
    std::size_t end = *token_;
    while (is_space(text_[end - 1])) --end;
    return {text_ + begin, end - begin};
  }

  std::size_t offset_of(std::string_view token) const noexcept {
    return static_cast<std::size_t>(token.data() - text_);
  }

  bool fail(ParseError error, std::size_t offset) noexcept {
    error_ = error;
    error_offset_ = offset;
    return false;
  }

  // The text may still turn out not to be JSON at all: remember the first such error and go on.
  void note(ParseError error, std::size_t offset) noexcept {
    if (error_ == ParseError::none) fail(error, offset);
  }

  const char* text_;
  const std::uint32_t* token_;
  const std::uint32_t* end_;
  Node* nodes_;
  Node* node_;  // the next one to write
  std::vector<OpenContainer>& open_;
  std::size_t depth_ = 0;
  std::size_t keys_left_;
  std::size_t max_depth_;
  bool has_escapes_;
  char* unescaped_;  // where the next unescaped string goes
  ParseError error_ = ParseError::none;
  std::size_t error_offset_ = 0;
};

template <typename T>
void make_room(std::vector<T>& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(std::max(size, 2 * buffer.size()));
}

}  // namespace

WalkResult walk(std::string_view text, const TokenIndex& tokens, const ParseLimits& limits,
                WalkBuffers& buffers) {
  make_room(buffers.nodes, most_nodes(tokens.count(), limits.max_depth));
  // Unescaping never makes a string longer.
  const bool has_escapes = contains(text, '\\');
  if (has_escapes) make_room(buffers.unescaped, text.size() + kPadding);
  return Walk(text, has_escapes, tokens, limits, buffers).run();
}

}  // namespace cxrelay::json
