// A parsed JSON text as a flat array of nodes in document order: parse once, walk anywhere.
//
// Strictness (DESIGN section 7): the whole text is walked and validated (RFC 8259, UTF-8, no lone
// surrogates, no duplicate keys after unescaping, no trailing content, finite numbers), within
// limits. Numbers are not converted: their exact text is kept, however long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace cxrelay::json {

enum class Kind : std::uint8_t { null, boolean, integer, decimal, string, array, object };

// Valid until the document is parsed again or destroyed. An object's members follow it in order;
// each member's value node carries the member's key. `next` skips over a node's whole subtree.
struct Node {
  Kind kind = Kind::null;
  bool boolean = false;     // kind boolean
  std::uint32_t next = 0;   // index of the node after this one's subtree
  std::uint32_t count = 0;  // elements of an array, members of an object
  std::uint32_t begin = 0;  // the value's exact span in the text
  std::uint32_t size = 0;
  std::string_view key;   // unescaped; only for a member of an object
  std::string_view text;  // kind string: the unescaped value; integer and decimal: the exact text
};

enum class ParseError {
  none,
  syntax,  // not JSON, or trailing content
  utf8,    // invalid UTF-8 or a lone surrogate
  duplicate_key,
  not_finite,  // a number beyond a double's range, such as 1e400
  too_big,
  too_deep,
  too_many_keys,
};

struct ParseLimits {
  std::size_t max_bytes = 256 * 1024;
  std::size_t max_depth = 32;
  std::size_t max_keys = 1000;
};

class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  // Copies `text` into a padded buffer that is reused. On an error the document is empty.
  ParseError parse(std::string_view text, const ParseLimits& limits = {});

  std::span<const Node> nodes() const noexcept { return nodes_; }
  const Node& root() const noexcept { return nodes_.front(); }
  // The text as parsed, with padding behind it; spans of nodes point into it.
  std::string_view text() const noexcept { return text_; }
  std::string_view raw(const Node& node) const noexcept {
    return text().substr(node.begin, node.size);
  }

  // For ParseError: byte offset of the trouble when known.
  std::size_t error_offset() const noexcept { return error_offset_; }

  // The value of a member of the object `object`, or nullptr.
  const Node* find(const Node& object, std::string_view key) const noexcept;
  // First child of an array or object, or nullptr; then sibling by sibling.
  const Node* first_child(const Node& parent) const noexcept;
  const Node* next_sibling(const Node& parent, const Node& child) const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::span<const Node> nodes_;
  std::string_view text_;
  std::size_t error_offset_ = 0;
};

// One reusable document a thread (a heap object behind one pointer: big thread-locals fail to load
// in an extension).
Document& thread_document();

}  // namespace cxrelay::json
