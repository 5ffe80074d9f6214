#include "json/document.hpp"

#include <cstring>
#include <limits>
#include <vector>

#include "json/locate.hpp"
#include "json/tokens.hpp"
#include "json/walk.hpp"

namespace cxrelay::json {
namespace {

// Buffers for a text above this size are freed when a smaller one comes.
constexpr std::size_t kKeepBytes = 256 * 1024;
constexpr std::size_t kMaxOffset = std::numeric_limits<std::uint32_t>::max() - kPadding;

}  // namespace

struct Document::Impl {
  std::vector<char> padded;
  TokenIndex tokens;
  WalkBuffers buffers;

  WalkResult parse(std::string_view text, const ParseLimits& limits);
  void copy(std::string_view text);
  void release_outsized(std::size_t next_size);
};

// Views of the document before point into the buffers, so they are freed only when the next one
// comes.
void Document::Impl::release_outsized(std::size_t next_size) {
  if (padded.size() <= kKeepBytes + kPadding || next_size > kKeepBytes) return;
  padded = {};
  tokens.release();
  buffers = {};
}

void Document::Impl::copy(std::string_view text) {
  if (padded.size() < text.size() + kPadding) padded.resize(text.size() + kPadding);
  if (!text.empty()) std::memcpy(padded.data(), text.data(), text.size());
  std::memset(padded.data() + text.size(), 0, kPadding);
}

WalkResult Document::Impl::parse(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.max_bytes || text.size() > kMaxOffset) return {ParseError::too_big};
  release_outsized(text.size());
  copy(text);
  // The text as it came is scanned: in the copy, wide loads would wait for the stores just made.
  const auto error = tokens.scan(text.data(), text.size());
  if (error != ParseError::none) {
    return {error, error == ParseError::utf8 ? find_invalid_utf8(text) : find_broken_string(text)};
  }
  return walk({padded.data(), text.size()}, tokens, limits, buffers);
}

Document::Document() : impl_(std::make_unique<Impl>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

ParseError Document::parse(std::string_view text, const ParseLimits& limits) {
  const auto result = impl_->parse(text, limits);
  const bool is_good = result.error == ParseError::none;
  nodes_ = {impl_->buffers.nodes.data(), is_good ? result.node_count : 0};
  text_ = {impl_->padded.data(), is_good ? text.size() : 0};
  error_offset_ = result.error_offset;
  return result.error;
}

const Node* Document::find(const Node& object, std::string_view key) const noexcept {
  if (object.kind != Kind::object) return nullptr;
  for (auto* member = first_child(object); member; member = next_sibling(object, *member)) {
    if (member->key == key) return member;
  }
  return nullptr;
}

const Node* Document::first_child(const Node& parent) const noexcept {
  return parent.count > 0 ? &parent + 1 : nullptr;
}

const Node* Document::next_sibling(const Node& parent, const Node& child) const noexcept {
  return child.next < parent.next ? nodes_.data() + child.next : nullptr;
}

Document& thread_document() {
  static thread_local std::unique_ptr<Document> document;
  if (!document) document = std::make_unique<Document>();
  return *document;
}

}  // namespace cxrelay::json
