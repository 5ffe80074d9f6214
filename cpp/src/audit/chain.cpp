#include "audit/chain.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace cxrelay {
namespace {

constexpr std::uint8_t kRecordDomain = 0x00;
constexpr std::uint8_t kPayloadDomain = 0x01;

void append_digest(std::string& out, const std::optional<Digest>& digest) {
  append_field(out, digest ? as_chars(*digest) : std::string_view{});
}

std::optional<Digest> digest_of(Sha256& hasher, const AuditRecord& record,
                                const std::optional<std::string>& payload,
                                const std::optional<ChainHash>& kept) {
  if (payload) return payload_digest(hasher, record.salt, *payload);
  return kept;
}

}  // namespace

void append_field(std::string& out, std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  const std::array<char, 4> length = {
      static_cast<char>(size >> 24), static_cast<char>(size >> 16 & 0xFF),
      static_cast<char>(size >> 8 & 0xFF), static_cast<char>(size & 0xFF)};
  out.append(length.data(), length.size()).append(value);
}

void append_field(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  append_field(out, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

Digest payload_digest(Sha256& hasher, std::span<const std::byte, 16> salt,
                      std::string_view payload) {
  std::array<std::byte, 1 + salt.size()> head;
  head[0] = std::byte{kPayloadDomain};
  std::ranges::copy(salt, head.begin() + 1);
  return hasher.begin().add(head).add(payload).finish();
}

Digest chain_hash(Sha256& hasher, const ChainFields& fields, const Digest& previous) {
  static thread_local std::string buffer;
  buffer.clear();
  buffer.push_back(static_cast<char>(kRecordDomain));
  append_field(buffer, fields.seq);
  append_field(buffer, fields.time_us);
  append_field(buffer, fields.action);
  append_field(buffer, fields.idempotency_key);
  append_field(buffer, fields.interaction_id);
  if (fields.event_time_us) {
    append_field(buffer, *fields.event_time_us);
  } else {
    append_field(buffer, std::string_view{});
  }
  append_field(buffer, fields.mapping_version);
  append_field(buffer, fields.request_id);
  append_field(buffer, fields.detail);
  append_digest(buffer, fields.original_digest);
  append_digest(buffer, fields.mapped_digest);
  buffer.append(as_chars(previous));
  return hasher.begin().add(buffer).finish();
}

Digest chain_hash(Sha256& hasher, const AuditRecord& record, const Digest& previous) {
  ChainFields fields;
  fields.seq = record.seq;
  fields.time_us = record.time_us;
  fields.action = record.action;
  fields.idempotency_key = record.idempotency_key;
  fields.interaction_id = record.interaction_id;
  fields.event_time_us = record.event_time_us;
  fields.mapping_version = record.mapping_version;
  fields.request_id = record.request_id;
  fields.detail = record.detail;
  fields.original_digest = digest_of(hasher, record, record.original, record.original_digest);
  fields.mapped_digest = digest_of(hasher, record, record.mapped, record.mapped_digest);
  return chain_hash(hasher, fields, previous);
}

}  // namespace cxrelay
