#include "audit/line_reader.hpp"

#include <algorithm>
#include <charconv>

#include "base/time_text.hpp"

namespace cxrelay {
namespace {

using json::Kind;
using json::Node;

constexpr json::ParseLimits kLineLimits{
    .max_bytes = kMaxLineBytes, .max_depth = 210, .max_keys = 4'000'000};
constexpr std::string_view kMissing = "is missing, out of place or of the wrong type";

bool to_integer(std::string_view text, std::int64_t& out) {
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, out);
  return result.ec == std::errc{} && result.ptr == end;
}

}  // namespace

bool LineReader::read(std::string_view line) {
  if (document_.parse(line, kLineLimits) != json::ParseError::none) {
    problem_ = "not a line of JSON";
    return false;
  }
  if (document_.root().kind != Kind::object) {
    problem_ = "not a JSON object";
    return false;
  }
  line_ = AuditLine{};
  spelling_.begin(document_.text());
  next_ = document_.first_child(document_.root());
  return read_members();
}

bool LineReader::read_members() {
  if (!read_fields() || !take_exact("originalText", "originalHex", original_) ||
      !take_exact("transformedText", "transformedHex", mapped_) || !read_hashes()) {
    return false;
  }
  if (next_ != nullptr) {
    problem_ = "a member is unknown or out of place";
    return false;
  }
  return settle_payloads();
}

bool LineReader::read_fields() {
  ChainFields& fields = line_.fields;
  if (!take_any("timestamp", timestamp_)) return false;
  const Node* none = nullptr;
  const bool has_interaction = next_ != nullptr && next_->kind != Kind::null;
  if (!has_interaction && !take_any("interactionId", none)) return false;
  if (has_interaction && !take_text("interactionId", fields.interaction_id, true)) return false;
  if (!take_any("originalPayload", original_.value) ||
      !take_any("transformedPayload", mapped_.value) || !take_any("processingStatus", status_) ||
      !take_any("errorMessage", error_)) {
    return false;
  }

  std::optional<std::int64_t> seq;
  if (!take_integer("seq", seq)) return false;
  if (!seq || *seq < 1) return fail("seq", kMissing);
  fields.seq = *seq;
  if (!take_text("action", fields.action, true) || !take_time("timeUs", fields.time_us) ||
      !take_text("idempotencyKey", fields.idempotency_key) ||
      !take_integer("eventTimeUs", fields.event_time_us) ||
      !take_text("mappingVersion", fields.mapping_version) ||
      !take_text("requestId", fields.request_id)) {
    return false;
  }

  const Node* detail = take("detail");
  if (detail != nullptr && detail->kind != Kind::object) return fail("detail", kMissing);
  if (detail != nullptr) fields.detail = document_.raw(*detail);
  line_.status = derive_status(fields.action, document_, detail);
  return true;
}

bool LineReader::read_hashes() {
  bool has_previous = false;
  bool has_hash = false;
  if (!take_hex("salt", line_.salt, has_salt_) ||
      !take_digest("originalDigest", line_.fields.original_digest) ||
      !take_digest("mappedDigest", line_.fields.mapped_digest) ||
      !take_hex("previousHash", line_.previous, has_previous) ||
      !take_hex("hash", line_.hash, has_hash)) {
    return false;
  }
  if (!has_previous) return fail("previousHash", kMissing);
  return has_hash || fail("hash", kMissing);
}

bool LineReader::settle_payloads() {
  if (!settle(original_, "originalPayload", line_.original) ||
      !settle(mapped_, "transformedPayload", line_.mapped)) {
    return false;
  }
  // An erased payload leaves its digest; a payload that is there has none, so that the two cannot
  // disagree.
  if (line_.original.form != PayloadForm::none && line_.fields.original_digest) {
    return fail("originalDigest", "stands beside its payload");
  }
  if (line_.mapped.form != PayloadForm::none && line_.fields.mapped_digest) {
    return fail("mappedDigest", "stands beside its payload");
  }
  return true;
}

// The next member's value if that is its key, and moves on.
const Node* LineReader::take(std::string_view key) {
  const Node* node = next_;
  if (node == nullptr || node->key != key) return nullptr;
  next_ = document_.next_sibling(document_.root(), *node);
  spelling_.member(*node);
  return node;
}

bool LineReader::take_any(std::string_view key, const Node*& out) {
  out = take(key);
  return out != nullptr || fail(key, kMissing);
}

bool LineReader::take_text(std::string_view key, std::string_view& out, bool required) {
  const Node* node = take(key);
  if (node == nullptr) return !required || fail(key, kMissing);
  if (node->kind != Kind::string) return fail(key, kMissing);
  spelling_.text(*node);
  out = node->text;
  return true;
}

bool LineReader::take_integer(std::string_view key, std::optional<std::int64_t>& out) {
  const Node* node = take(key);
  if (node == nullptr) return true;
  std::int64_t value = 0;
  if (node->kind != Kind::integer || !to_integer(node->text, value)) return fail(key, kMissing);
  spelling_.integer(*node);
  out = value;
  return true;
}

bool LineReader::take_time(std::string_view key, std::int64_t& out) {
  std::optional<std::int64_t> value;
  if (!take_integer(key, value)) return false;
  if (!value || *value < kFirstUtcUs || *value > kLastUtcUs) return fail(key, kMissing);
  out = *value;
  return true;
}

bool LineReader::take_hex(std::string_view key, std::span<std::byte> out, bool& found) {
  const Node* node = take(key);
  found = node != nullptr;
  if (!found) return true;
  spelling_.hex(*node);
  return (node->kind == Kind::string && from_hex(node->text, out)) || fail(key, kMissing);
}

bool LineReader::take_digest(std::string_view key, std::optional<Digest>& out) {
  Digest digest;
  bool found = false;
  if (!take_hex(key, digest, found)) return false;
  if (found) out = digest;
  return true;
}

bool LineReader::take_exact(std::string_view text_key, std::string_view hex_key,
                            PayloadNodes& nodes) {
  nodes.text = take(text_key);
  nodes.hex = take(hex_key);
  if (nodes.text != nullptr && nodes.text->kind != Kind::string) return fail(text_key, kMissing);
  if (nodes.hex == nullptr) return true;
  nodes.decoded.resize(nodes.hex->text.size() / 2);
  const auto bytes = std::as_writable_bytes(std::span(nodes.decoded));
  const bool is_hex = nodes.hex->kind == Kind::string && from_hex(nodes.hex->text, bytes);
  return (is_hex && nodes.text == nullptr) || fail(hex_key, kMissing);
}

// Which bytes the payload has. In the common form the parse of the line has checked them already.
bool LineReader::settle(PayloadNodes& nodes, std::string_view key, LinePayload& out) {
  if (nodes.text != nullptr || nodes.hex != nullptr) {
    spelling_.require(false);
    out.bytes = nodes.text != nullptr ? nodes.text->text : std::string_view(nodes.decoded);
    out.form = form_of(out.bytes, payload_);
    return true;
  }
  if (nodes.value->kind == Kind::null) return true;
  out = {PayloadForm::raw, document_.raw(*nodes.value)};
  return out.bytes.find('\r') == std::string_view::npos || fail(key, "holds a line break");
}

bool LineReader::has_usual_spelling() {
  written_.clear();
  append_utc(written_, line_.fields.time_us);
  spelling_.derived(*timestamp_, written_);
  spelling_.derived(*status_, line_.status.word);
  spelling_.derived(*error_, line_.status.error);
  spelling_.require(has_salt_ == line_.has_payload());
  return spelling_.is_usual();
}

bool LineReader::is_exact() {
  if (has_usual_spelling()) return true;
  written_.clear();
  append_line(written_, line_);
  written_.pop_back();  // '\n'
  if (written_ == document_.text()) return true;
  explain_difference();
  return false;
}

bool LineReader::fail(std::string_view key, std::string_view what) {
  problem_.assign("member ").append(key).append(" ").append(what);
  return false;
}

// Names the member in which the first difference lies. All keys are known ones at this point.
void LineReader::explain_difference() {
  const std::string_view text = document_.text();
  const auto at = static_cast<std::size_t>(
      std::mismatch(text.begin(), text.end(), written_.begin(), written_.end()).first -
      text.begin());
  problem_ = "not written as a record is written";
  const Node& root = document_.root();
  for (auto* node = document_.first_child(root); node != nullptr;
       node = document_.next_sibling(root, *node)) {
    if (at >= node->begin && at < node->begin + node->size) {
      fail(node->key, "is not what the rest of the line says");
    }
  }
}

}  // namespace cxrelay
