#include "audit/payload_form.hpp"

#include <string>

#include "json/write.hpp"

namespace cxrelay {
namespace {

// A quoted text parses if and only if the text is valid UTF-8: whatever else is special gets
// escaped.
bool is_utf8(std::string_view text, json::Document& scratch) {
  std::string quoted;
  json::append_string(quoted, text);
  return scratch.parse(quoted, {.max_bytes = quoted.size()}) == json::ParseError::none;
}

}  // namespace

PayloadForm form_of(std::string_view payload, json::Document& scratch) {
  if (scratch.parse(payload, kPayloadLimits) != json::ParseError::none) {
    return is_utf8(payload, scratch) ? PayloadForm::text : PayloadForm::hex;
  }
  // Space around the value is not part of its span, and the value null would read as "no payload".
  const bool is_whole = scratch.root().size == payload.size();
  const bool is_null = scratch.root().kind == json::Kind::null;
  const bool has_breaks = payload.find_first_of("\r\n") != std::string_view::npos;
  return is_whole && !is_null && !has_breaks ? PayloadForm::raw : PayloadForm::json_text;
}

}  // namespace cxrelay
