#include "audit/line.hpp"

#include <charconv>

#include "base/time_text.hpp"
#include "json/write.hpp"

namespace cxrelay {
namespace {

// `prefix` is everything up to the value: `,"seq":`.
void append_number(std::string& out, std::string_view prefix, std::int64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(prefix).append(digits.data(), end);
}

void append_text(std::string& out, std::string_view prefix, std::string_view value) {
  if (value.empty()) return;
  out.append(prefix);
  json::append_string(out, value);
}

void append_hex_text(std::string& out, std::string_view prefix, std::span<const std::byte> value) {
  out.append(prefix).push_back('"');
  append_hex(out, value);
  out.push_back('"');
}

void append_payload(std::string& out, std::string_view prefix, const LinePayload& payload) {
  out.append(prefix);
  switch (payload.form) {
    case PayloadForm::raw:
      out.append(payload.bytes);
      break;
    case PayloadForm::json_text:
      json::append_minified(out, payload.bytes);
      break;
    default:
      out.append("null");
  }
}

// What the payload member cannot show of the exact bytes.
void append_exact(std::string& out, std::string_view text_prefix, std::string_view hex_prefix,
                  const LinePayload& payload) {
  if (payload.form == PayloadForm::json_text || payload.form == PayloadForm::text) {
    out.append(text_prefix);
    json::append_string(out, payload.bytes);
  } else if (payload.form == PayloadForm::hex) {
    append_hex_text(out, hex_prefix, as_bytes(payload.bytes));
  }
}

void append_tutorial_members(std::string& out, const AuditLine& line) {
  out.append(kLineStart);
  append_utc(out, line.fields.time_us);
  out.append("\",\"interactionId\":");
  if (line.fields.interaction_id.empty()) {
    out.append("null");
  } else {
    json::append_string(out, line.fields.interaction_id);
  }
  append_payload(out, ",\"originalPayload\":", line.original);
  append_payload(out, ",\"transformedPayload\":", line.mapped);
  out.append(",\"processingStatus\":");
  json::append_string(out, line.status.word);
  out.append(",\"errorMessage\":");
  if (line.status.error) {
    json::append_string(out, *line.status.error);
  } else {
    out.append("null");
  }
}

void append_own_members(std::string& out, const AuditLine& line) {
  const ChainFields& fields = line.fields;
  append_number(out, ",\"seq\":", fields.seq);
  append_text(out, ",\"action\":", fields.action);
  append_number(out, ",\"timeUs\":", fields.time_us);
  append_text(out, ",\"idempotencyKey\":", fields.idempotency_key);
  if (fields.event_time_us) append_number(out, ",\"eventTimeUs\":", *fields.event_time_us);
  append_text(out, ",\"mappingVersion\":", fields.mapping_version);
  append_text(out, ",\"requestId\":", fields.request_id);
  if (!fields.detail.empty()) out.append(",\"detail\":").append(fields.detail);
  append_exact(out, ",\"originalText\":", ",\"originalHex\":", line.original);
  append_exact(out, ",\"transformedText\":", ",\"transformedHex\":", line.mapped);
}

void append_chain_members(std::string& out, const AuditLine& line) {
  if (line.has_payload()) append_hex_text(out, ",\"salt\":", line.salt);
  const auto append_digest = [&out](std::string_view prefix, const std::optional<Digest>& digest) {
    if (digest) append_hex_text(out, prefix, *digest);
  };
  append_digest(",\"originalDigest\":", line.fields.original_digest);
  append_digest(",\"mappedDigest\":", line.fields.mapped_digest);
  append_hex_text(out, ",\"previousHash\":", line.previous);
  append_hex_text(out, ",\"hash\":", line.hash);
}

std::optional<std::string> copy_of(const LinePayload& payload) {
  if (payload.form == PayloadForm::none) return std::nullopt;
  return std::string(payload.bytes);
}

LinePayload view_of(const std::optional<std::string>& payload) {
  return payload ? LinePayload{PayloadForm::raw, *payload} : LinePayload{};
}

}  // namespace

void append_line(std::string& out, const AuditLine& line) {
  append_tutorial_members(out, line);
  append_own_members(out, line);
  append_chain_members(out, line);
  out.append("}\n");
}

AuditLine view_of(const AuditRecord& record, const Digest& previous) {
  AuditLine line;
  ChainFields& fields = line.fields;
  fields.seq = record.seq;
  fields.time_us = record.time_us;
  fields.action = record.action;
  fields.idempotency_key = record.idempotency_key;
  fields.interaction_id = record.interaction_id;
  fields.event_time_us = record.event_time_us;
  fields.mapping_version = record.mapping_version;
  fields.request_id = record.request_id;
  fields.detail = record.detail;
  // A payload that is there speaks for itself.
  if (!record.original) fields.original_digest = record.original_digest;
  if (!record.mapped) fields.mapped_digest = record.mapped_digest;
  line.salt = record.salt;
  line.original = view_of(record.original);
  line.mapped = view_of(record.mapped);
  line.previous = previous;
  line.hash = record.hash;
  return line;
}

AuditRecord to_record(const AuditLine& line) {
  const ChainFields& fields = line.fields;
  AuditRecord record;
  record.seq = fields.seq;
  record.time_us = fields.time_us;
  record.action = fields.action;
  record.idempotency_key = fields.idempotency_key;
  record.interaction_id = fields.interaction_id;
  record.event_time_us = fields.event_time_us;
  record.mapping_version = fields.mapping_version;
  record.request_id = fields.request_id;
  record.detail = fields.detail;
  record.salt = line.salt;
  record.original = copy_of(line.original);
  record.mapped = copy_of(line.mapped);
  record.original_digest = fields.original_digest;
  record.mapped_digest = fields.mapped_digest;
  record.hash = line.hash;
  return record;
}

}  // namespace cxrelay
