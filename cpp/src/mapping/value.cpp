#include "mapping/value.hpp"

#include <algorithm>

#include "base/short_text.hpp"
#include "json/write.hpp"

namespace cxrelay::mapping {
namespace {

bool needs_escapes(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at += 8) {
    const auto size = std::min<std::size_t>(8, text.size() - at);
    if (needs_escape(load_bytes(text.data() + at, size, every_byte(' ')))) return true;
  }
  return false;
}

void put_string(Output& out, std::string_view text, Scratch& scratch) {
  if (!needs_escapes(text)) {
    out.put('"');
    out.put(text);
    out.put('"');
    return;
  }
  auto& escaped = scratch.next();  // `text` may lie in the other buffer
  json::append_string(escaped, text);
  out.put(escaped);
}

void put_minified(Output& out, std::string_view json, Scratch& scratch) {
  auto& minified = scratch.next();
  json::append_minified(minified, json);
  out.put(minified);
}

}  // namespace

void put_value(Output& out, const Value& value, Scratch& scratch) {
  switch (value.kind) {
    case Value::Kind::none:
      return;
    case Value::Kind::string:
      if (value.json.empty()) return put_string(out, value.text, scratch);
      return out.put(value.json);
    case Value::Kind::scalar:
    case Value::Kind::constant:
      return out.put(value.json);
    case Value::Kind::compound:
      return put_minified(out, value.json, scratch);
  }
}

}  // namespace cxrelay::mapping
