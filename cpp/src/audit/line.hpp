// One audit record as one line of JSON (docs/audit.md has the grammar and a worked example).
//
// A record has exactly one line: members in a fixed order, no whitespace, those without a value
// left out (except the tutorial's six, which are null). So a reader writes what it has read once
// more and compares: any changed byte shows, whether or not it is chained.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "audit/chain.hpp"
#include "audit/payload_form.hpp"
#include "audit/status.hpp"
#include "cxrelay/audit.hpp"

namespace cxrelay {

// Longer lines are neither written nor read.
inline constexpr std::size_t kMaxLineBytes = 64 * 1024 * 1024;
// Every line begins so.
inline constexpr std::string_view kLineStart = "{\"timestamp\":\"";

struct LinePayload {
  PayloadForm form = PayloadForm::none;
  std::string_view bytes;
};

// The content of a line, as views.
struct AuditLine {
  ChainFields fields;  // with a digest only where the payload was erased
  std::array<std::byte, 16> salt{};
  LinePayload original;
  LinePayload mapped;
  AuditStatus status;
  Digest previous{};
  Digest hash{};

  bool has_payload() const noexcept {
    return original.form != PayloadForm::none || mapped.form != PayloadForm::none;
  }
};

// Appends the line and its '\n'. Texts must be valid UTF-8 and raw payloads free of line breaks.
void append_line(std::string& out, const AuditLine& line);

// The payloads' forms and the status are left for the caller.
AuditLine view_of(const AuditRecord& record, const Digest& previous);

AuditRecord to_record(const AuditLine& line);

}  // namespace cxrelay
