#include "json/write.hpp"

namespace cxrelay::json {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// The offset behind the string that opens at `at`.
std::size_t string_end(std::string_view json, std::size_t at) noexcept {
  ++at;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2U : 1U;
  return at < json.size() ? at + 1 : json.size();
}

}  // namespace

void append_string(std::string& out, std::string_view utf8) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    if (!needs_escape(utf8[at])) continue;
    out.append(utf8, copied, at - copied);
    append_escape(out, utf8[at]);
    copied = at + 1;
  }
  out.append(utf8, copied);
  out += '"';
}

void append_minified(std::string& out, std::string_view json) {
  std::size_t at = 0;
  while (at < json.size()) {
    const std::size_t begin = at;
    while (at < json.size() && !is_space(json[at])) {
      at = json[at] == '"' ? string_end(json, at) : at + 1;
    }
    out.append(json, begin, at - begin);
    while (at < json.size() && is_space(json[at])) ++at;
  }
}

}  // namespace cxrelay::json
