#include "json/write.hpp"

#include <cstdint>
#include <vector>

#include "json/space.hpp"

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

// The offset behind the string that opens at `at`.
std::size_t string_end(std::string_view json, std::size_t at) noexcept {
  ++at;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2U : 1U;
  return at < json.size() ? at + 1 : json.size();
}

bool is_container(const Node& node) noexcept {
  return node.kind == Kind::array || node.kind == Kind::object;
}

// A loop over the flat array, not a recursion: nothing here depends on how deep the value is nested.
class ValueWriter {
 public:
  ValueWriter(std::string& out, const Document& document) : out_(out), document_(document) {}

  void write(std::uint32_t first) {
    const auto nodes = document_.nodes();
    for (std::uint32_t index = first; index < nodes[first].next; ++index) {
      close_ended(index);
      if (!open_.empty()) separate(index);
      const Node& node = nodes[index];
      if (is_container(node)) {
        out_ += node.kind == Kind::object ? '{' : '[';
        open_.push_back(index);
      } else if (node.kind == Kind::string) {
        append_string(out_, node.text);
      } else {
        out_ += document_.raw(node);
      }
    }
    close_ended(nodes[first].next);
  }

 private:
  void close_ended(std::uint32_t index) {
    for (; !open_.empty() && container().next == index; open_.pop_back()) {
      out_ += container().kind == Kind::object ? '}' : ']';
    }
  }

  void separate(std::uint32_t index) {
    if (index != open_.back() + 1) out_ += ',';
    if (container().kind != Kind::object) return;
    append_string(out_, document_.nodes()[index].key);
    out_ += ':';
  }

  const Node& container() const { return document_.nodes()[open_.back()]; }

  std::string& out_;
  const Document& document_;
  std::vector<std::uint32_t> open_;  // containers
};

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

void append_value(std::string& out, const Document& document, const Node& node) {
  const auto first = static_cast<std::uint32_t>(&node - document.nodes().data());
  ValueWriter(out, document).write(first);
}

}  // namespace cxrelay::json
