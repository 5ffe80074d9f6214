#include "audit/signed_line.hpp"

#include <fmt/format.h>

#include <charconv>

#include "audit/checkpoint_key.hpp"
#include "base/digest.hpp"

namespace cxrelay {
namespace {

constexpr std::size_t kKeyIdDigits = 16;
constexpr json::ParseLimits kLimits{.max_bytes = 4096, .max_depth = 1, .max_keys = 16};

using json::Kind;
using json::Node;

}  // namespace

SignedMembers::SignedMembers(std::string_view line, json::Document& scratch) {
  if (scratch.parse(line, kLimits) == json::ParseError::none) document_ = &scratch;
}

const Node* SignedMembers::member(std::string_view key, Kind kind) const {
  if (document_ == nullptr) return nullptr;
  const Node* node = document_->find(document_->root(), key);
  return node != nullptr && node->kind == kind ? node : nullptr;
}

bool SignedMembers::integer(std::string_view key, std::int64_t& out) const {
  const Node* node = member(key, Kind::integer);
  if (node == nullptr) return false;
  const auto* end = node->text.data() + node->text.size();
  const auto result = std::from_chars(node->text.data(), end, out);
  return result.ec == std::errc{} && result.ptr == end;
}

bool SignedMembers::hex(std::string_view key, std::span<std::byte> out) const {
  const Node* node = member(key, Kind::string);
  return node != nullptr && from_hex(node->text, out);
}

bool SignedMembers::key_id(std::string& out) const {
  const Node* node = member("keyId", Kind::string);
  if (node == nullptr || node->text.size() != kKeyIdDigits) return false;
  if (node->text.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  out = node->text;
  return true;
}

std::string key_id_of(const PublicKey& key) {
  return to_hex(sha256(as_chars(key))).substr(0, kKeyIdDigits);
}

KnownKeys::KnownKeys(const std::vector<std::string>& paths) {
  for (const auto& path : paths) add(read_public_key(path));
}

void KnownKeys::add(const PublicKey& key) { keys_.emplace(key_id_of(key), key); }

std::string KnownKeys::problem(std::string_view noun, std::string_view key_id,
                               std::string_view message, const Signature& signature) const {
  const auto key = keys_.find(key_id);
  if (key == keys_.end()) {
    return fmt::format("the {} is signed with another key ({})", noun, key_id);
  }
  if (is_signed_by(key->second, message, signature)) return {};
  return fmt::format("the {} was changed: its signature does not fit", noun);
}

}  // namespace cxrelay
