#include "json/walk.hpp"

#include <algorithm>
#include <cstring>

#include "json/number.hpp"
#include "json/space.hpp"
#include "json/unescape.hpp"

namespace cxrelay::json {
namespace {

// The place of the first backslash from `from` on, or the size of the text.
std::size_t find_escape(std::string_view text, std::size_t from) noexcept {
  return std::min(text.find('\\', from), text.size());
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
  Walk(std::string_view text, const TokenIndex& tokens, const ParseLimits& limits,
       WalkBuffers& buffers, std::size_t escape_at)
      : text_(text.data()),
        token_(tokens.starts()),
        end_(tokens.starts() + tokens.count()),
        nodes_(buffers.nodes.data()),
        node_(nodes_),
        open_(buffers.open),
        keys_left_(limits.max_keys),
        max_depth_(limits.max_depth),
        size_(text.size()),
        escape_at_(escape_at),
        unescaped_(buffers.unescaped.data()) {}

  WalkResult run() {
    while (element() && behind_value()) continue;
    return {error_, error_offset_, index_};
  }

 private:
  // The next child of the open container, or the root; and while that is a container that is not
  // empty, its first child.
  bool element() {
    do {
      std::string_view key;
      if (is_object_) {
        const auto stop = string_members(key);
        if (stop == Stop::behind_value) return true;
        if (stop == Stop::at_key && !member_key(key)) return false;
      }
      ++count_;
      const char first = peek();
      if (first != '{' && first != '[') return scalar(first, key);
      if (!open(first == '{', key)) return false;
    } while (peek() != closing());
    return true;
  }

  enum class Stop { at_key, at_value, behind_value };

  // Members whose values are strings, as most are, up to the first thing that is not as usual; the
  // general way takes it from there. What it checks is the same, but a loop for strings alone needs
  // a third of the instructions.
  Stop string_members(std::string_view& key) {
    const char* const text = text_;
    while (keys_left_ > 0) {
      const std::uint32_t begin = token_[0];
      const std::uint32_t colon = token_[1];
      if (text[begin] != '"' || text[colon] != ':') return Stop::at_key;
      if (text[colon - 1] != '"' || colon - begin < 2 || colon > escape_at_) return Stop::at_key;
      key = {text + begin + 1, colon - begin - 2};
      keys_->add(key);
      --keys_left_;
      token_ += 2;
      const std::uint32_t value = token_[0];
      if (text[value] != '"') return Stop::at_value;
      const std::uint32_t behind = token_[1];
      const std::uint32_t size = behind - value;
      if (text[behind - 1] != '"' || size < 2 || behind > escape_at_) return Stop::at_value;
      *node_++ = {Kind::string, false, ++index_, 0, value, size, key, {text + value + 1, size - 2}};
      ++count_;
      ++token_;
      if (text[behind] != ',') return Stop::behind_value;
      ++token_;
    }
    return Stop::at_key;
  }

  // Out of the containers that end here, and over the comma. False at the end of the text and on an
  // error.
  bool behind_value() {
    while (depth_ > 0) {
      const char c = peek();
      if (c == ',') {
        ++token_;
        return true;
      }
      if (c != closing()) return fail(ParseError::syntax, *token_);
      close();
    }
    return token_ == end_ ? false : fail(ParseError::syntax, *token_);
  }

  bool member_key(std::string_view& key) {
    if (peek() != '"') return fail(ParseError::syntax, *token_);
    if (keys_left_-- == 0) return fail(ParseError::too_many_keys, *token_);
    if (!take_string(key) || !unescaped(key)) return false;
    if (peek() != ':') return fail(ParseError::syntax, *token_);
    ++token_;
    keys_->add(key);
    return true;
  }

  bool scalar(char first, std::string_view key) {
    if (token_ == end_) return fail(ParseError::syntax, *token_);
    Node& node = *node_++;
    const std::uint32_t begin = *token_;
    const std::uint32_t next = ++index_;
    if (first == '"') {
      std::string_view text;
      if (!take_string(text)) return false;
      const auto size = static_cast<std::uint32_t>(text.size() + 2);
      node = {Kind::string, false, next, 0, begin, size, key, text};
      return unescaped(node.text);
    }
    const auto token = take_token();
    const auto size = static_cast<std::uint32_t>(token.size());
    node = {Kind::null, false, next, 0, begin, size, key, {}};
    return first >= 'a' ? literal(node, token) : number(node, token);
  }

  bool open(bool is_object, std::string_view key) {
    if (depth_ == max_depth_) return fail(ParseError::too_deep, *token_);
    if (depth_ > 0) open_[depth_ - 1].count = count_;
    if (depth_ == open_.size()) open_.resize(2 * depth_ + 8);
    const auto kind = is_object ? Kind::object : Kind::array;
    *node_ = {kind, false, 0, 0, *token_, 0, key, {}};
    open_[depth_++] = {node_++, 0, is_object, {}};
    ++index_;
    ++token_;
    enter(open_[depth_ - 1]);
    return true;
  }

  void close() {
    const OpenContainer& container = open_[--depth_];
    Node& node = *container.node;
    node.size = *token_ + 1 - node.begin;
    node.next = index_;
    node.count = count_;
    ++token_;
    if (container.keys.maybe_repeated()) note_repeated_key(node);
    if (depth_ > 0) enter(open_[depth_ - 1]);
  }

  void enter(OpenContainer& container) {
    count_ = container.count;
    is_object_ = container.is_object;
    keys_ = &container.keys;
  }

  char closing() const noexcept { return is_object_ ? '}' : ']'; }

  void note_repeated_key(const Node& object) {
    const auto at = static_cast<std::uint32_t>(&object - nodes_);
    const Node* repeated = find_repeated_key(nodes_, at);
    if (repeated != nullptr) note(ParseError::duplicate_key, repeated->begin);
  }

  // Takes the escapes out of a string.
  bool unescaped(std::string_view& text) {
    const std::size_t end = offset_of(text) + text.size();
    if (end <= escape_at_) return true;
    char* behind = unescaped_;
    std::size_t error_at = 0;
    const auto error = unescape(text, behind, error_at);
    if (error != ParseError::none) return fail(error, offset_of(text) + error_at);
    text = {unescaped_, static_cast<std::size_t>(behind - unescaped_)};
    unescaped_ = behind;
    escape_at_ = find_escape({text_, size_}, end);
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

  // The string at the cursor without its quotes. Mostly the next token follows at once.
  bool take_string(std::string_view& out) noexcept {
    const std::size_t begin = *token_++;
    std::size_t end = *token_;
    if (text_[end - 1] != '"') end = end_of_token();
    if (end - begin < 2 || text_[end - 1] != '"') return fail(ParseError::syntax, begin);
    out = {text_ + begin + 1, end - begin - 2};
    return true;
  }

  std::string_view take_token() noexcept {
    const std::size_t begin = *token_++;
    return {text_ + begin, end_of_token() - begin};
  }

  // Where the token before the cursor ends. Only space lies between two tokens.
  std::size_t end_of_token() const noexcept {
    std::size_t end = *token_;
    while (is_space(text_[end - 1])) --end;
    return end;
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
  Node* node_;               // the next one to write
  std::uint32_t index_ = 0;  // its place
  std::vector<OpenContainer>& open_;
  std::size_t depth_ = 0;
  std::uint32_t count_ = 0;  // of the container that is open
  bool is_object_ = false;
  KeyFilter* keys_ = nullptr;
  std::size_t keys_left_;
  std::size_t max_depth_;
  std::size_t size_;
  std::size_t escape_at_;  // of the next backslash: strings that end before it are plain
  char* unescaped_;        // where the next unescaped string goes
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
  const std::size_t escape_at = find_escape(text, 0);
  if (escape_at < text.size()) make_room(buffers.unescaped, text.size() + kPadding);
  return Walk(text, tokens, limits, buffers, escape_at).run();
}

}  // namespace cxrelay::json
