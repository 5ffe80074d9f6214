#include "audit/checkpoint_line.hpp"

#include <fmt/format.h>

#include <charconv>

#include "audit/chain.hpp"
#include "base/time_text.hpp"

namespace cxrelay {
namespace {

constexpr std::string_view kDomain = "cxrelay audit checkpoint 1";
constexpr std::size_t kKeyIdDigits = 16;
constexpr json::ParseLimits kLimits{.max_bytes = 4096, .max_depth = 1, .max_keys = 16};

using json::Kind;
using json::Node;

const Node* member(const json::Document& document, std::string_view key, Kind kind) {
  const Node* node = document.find(document.root(), key);
  return node != nullptr && node->kind == kind ? node : nullptr;
}

bool read_integer(const json::Document& document, std::string_view key, std::int64_t& out) {
  const Node* node = member(document, key, Kind::integer);
  if (node == nullptr) return false;
  const auto* end = node->text.data() + node->text.size();
  const auto result = std::from_chars(node->text.data(), end, out);
  return result.ec == std::errc{} && result.ptr == end;
}

bool read_hex(const json::Document& document, std::string_view key, std::span<std::byte> out) {
  const Node* node = member(document, key, Kind::string);
  return node != nullptr && from_hex(node->text, out);
}

// A trail without records has neither a first nor a last hash; any other has both.
bool is_plausible(const Checkpoint& checkpoint) {
  const bool is_empty = checkpoint.trail == ChainHash{} && checkpoint.hash == ChainHash{};
  const bool is_first = checkpoint.trail == checkpoint.hash;
  if (checkpoint.time_us < kFirstUtcUs || checkpoint.time_us > kLastUtcUs) return false;
  if (checkpoint.seq == 0) return is_empty;
  return checkpoint.seq == 1 ? is_first : checkpoint.seq > 1;
}

}  // namespace

std::string to_line(const Checkpoint& checkpoint) {
  return fmt::format(
      R"({}"time":"{}","timeUs":{},"seq":{},"hash":"{}","trail":"{}","keyId":"{}","signature":"{}"}})",
      kCheckpointStart, utc_text(checkpoint.time_us), checkpoint.time_us, checkpoint.seq,
      to_hex(checkpoint.hash), to_hex(checkpoint.trail), checkpoint.key_id,
      to_hex(checkpoint.signature));
}

std::optional<Checkpoint> read_checkpoint(std::string_view line, json::Document& scratch) {
  if (scratch.parse(line, kLimits) != json::ParseError::none) return std::nullopt;
  Checkpoint checkpoint;
  const Node* key_id = member(scratch, "keyId", Kind::string);
  if (key_id == nullptr || key_id->text.size() != kKeyIdDigits ||
      key_id->text.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return std::nullopt;
  }
  checkpoint.key_id = key_id->text;
  const bool is_complete = read_integer(scratch, "timeUs", checkpoint.time_us) &&
                           read_integer(scratch, "seq", checkpoint.seq) &&
                           read_hex(scratch, "hash", checkpoint.hash) &&
                           read_hex(scratch, "trail", checkpoint.trail) &&
                           read_hex(scratch, "signature", checkpoint.signature);
  if (!is_complete || !is_plausible(checkpoint) || to_line(checkpoint) != line) return std::nullopt;
  return checkpoint;
}

std::string signed_bytes(const Checkpoint& checkpoint) {
  std::string out;
  append_field(out, kDomain);
  append_field(out, as_chars(checkpoint.trail));
  append_field(out, checkpoint.seq);
  append_field(out, as_chars(checkpoint.hash));
  append_field(out, checkpoint.time_us);
  append_field(out, checkpoint.key_id);
  return out;
}

std::string key_id_of(const PublicKey& key) {
  return to_hex(sha256(as_chars(key))).substr(0, kKeyIdDigits);
}

void sign(Checkpoint& checkpoint, const SigningKey& key) {
  checkpoint.key_id = key_id_of(key.public_key());
  checkpoint.signature = key.sign(signed_bytes(checkpoint));
}

bool is_signed_by(const PublicKey& key, const Checkpoint& checkpoint) {
  return checkpoint.key_id == key_id_of(key) &&
         is_signed_by(key, signed_bytes(checkpoint), checkpoint.signature);
}

}  // namespace cxrelay
