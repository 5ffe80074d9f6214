// A value on its way through a rule, as views into the event, the rule or a scratch buffer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mapping/output.hpp"
#include "mapping/utf8.hpp"

namespace cxrelay::mapping {

// Two buffers in turn, so that a function can read one result while it writes the next.
class Scratch {
 public:
  std::string& next() {
    use_second_ = !use_second_;
    auto& buffer = use_second_ ? second_ : first_;
    buffer.clear();
    return buffer;
  }

 private:
  std::string first_;
  std::string second_;
  bool use_second_ = false;
};

inline bool starts_visible(std::string_view text) noexcept {
  return !text.empty() && text.front() > ' ' && text.front() <= '~';
}

// False for an empty or blank text.
inline bool has_text(std::string_view text) noexcept {
  return starts_visible(text) || !is_blank(text);
}

struct Value {
  enum class Kind {
    none,      // missing or empty
    string,    // `text`; `json` too as long as no function has changed it
    scalar,    // a number or a boolean: `json` is its exact text
    compound,  // an array or object: `json` as the sender wrote it, white space included
    constant,  // from the rule: `json` is ready to write
  };
  Kind kind = Kind::none;
  std::string_view text = {};
  std::string_view json = {};

  // Makes this the string that a function has written, or nothing if it is blank.
  void set_text(std::string_view written) noexcept {
    kind = has_text(written) ? Kind::string : Kind::none;
    text = written;
    json = {};
  }
};

inline Value string_value(std::string_view text, std::string_view json = {}) noexcept {
  if (!has_text(text)) return {};
  return {Value::Kind::string, text, json};
}

inline Value constant_value(std::string_view json) noexcept {
  if (json.empty()) return {};
  return {Value::Kind::constant, {}, json};
}

// A bound for the bytes that put_value() writes.
inline std::size_t size_bound(const Value& value) noexcept {
  if (!value.json.empty()) return value.json.size();
  return 6 * value.text.size() + 2;  // \u00xx for each byte, and quotes
}

// Writes the value's JSON text; room for it has been made.
void put_value(Output& out, const Value& value, Scratch& scratch);

}  // namespace cxrelay::mapping
