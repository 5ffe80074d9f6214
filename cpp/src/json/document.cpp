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
  std::size_t size = 0;
  TokenIndex tokens;
  WalkBuffers buffers;
  std::size_t node_count = 0;
  std::size_t error_offset = 0;

  ParseError parse(std::string_view text, const ParseLimits& limits);
  void clear() noexcept { size = node_count = 0; }
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
  size = text.size();
}

ParseError Document::Impl::parse(std::string_view text, const ParseLimits& limits) {
  clear();
  error_offset = 0;
  if (text.size() > limits.max_bytes || text.size() > kMaxOffset) return ParseError::too_big;
  release_outsized(text.size());
  copy(text);
  const std::string_view own(padded.data(), size);
  if (const auto error = tokens.scan(text.data(), text.size()); error != ParseError::none) {
    error_offset = error == ParseError::utf8 ? find_invalid_utf8(own) : find_broken_string(own);
    return error;
  }
  const auto result = walk(own, tokens, limits, buffers);
  error_offset = result.error_offset;
  node_count = result.node_count;
  return result.error;
}

Document::Document() : impl_(std::make_unique<Impl>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

ParseError Document::parse(std::string_view text, const ParseLimits& limits) {
  const auto error = impl_->parse(text, limits);
  if (error != ParseError::none) impl_->clear();
  return error;
}

std::span<const Node> Document::nodes() const noexcept {
  return {impl_->buffers.nodes.data(), impl_->node_count};
}

std::string_view Document::text() const noexcept { return {impl_->padded.data(), impl_->size}; }

std::size_t Document::error_offset() const noexcept { return impl_->error_offset; }

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
  return child.next < parent.next ? impl_->buffers.nodes.data() + child.next : nullptr;
}

Document& thread_document() {
  static thread_local std::unique_ptr<Document> document;
  if (!document) document = std::make_unique<Document>();
  return *document;
}

}  // namespace cxrelay::json
