// InteractionEvent::to_json: the bytes that pydantic 2 gives for model_dump_json().
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/event.hpp"
#include "event/double_text.hpp"
#include "event/field_names.hpp"
#include "event/timestamp.hpp"
#include "json/document.hpp"
#include "json/number.hpp"
#include "json/write.hpp"

namespace cxrelay {
namespace {

using json::Kind;
using json::Node;

void append_scalar(std::string& out, const Node& node) {
  switch (node.kind) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += node.boolean ? "true" : "false";
      return;
    case Kind::integer:
      out += node.text == "-0" ? std::string_view("0") : node.text;
      return;
    case Kind::decimal:
      append_double(out, json::to_double(node.text).value_or(0));
      return;
    case Kind::string:
      json::append_string(out, node.text);
      return;
    case Kind::array:
    case Kind::object:
      return;
  }
}

bool is_container(const Node& node) noexcept {
  return node.kind == Kind::array || node.kind == Kind::object;
}

// A loop over the flat array, not a recursion: nothing here depends on how deep the text is nested.
class TreeWriter {
 public:
  TreeWriter(std::span<const Node> nodes, std::string& out) : nodes_(nodes), out_(out) {}

  void write() {
    for (std::uint32_t index = 0; index < nodes_.size(); ++index) {
      close_ended(index);
      separate(index);
      if (is_container(nodes_[index])) {
        out_ += nodes_[index].kind == Kind::object ? '{' : '[';
        open_.push_back(index);
      } else {
        append_scalar(out_, nodes_[index]);
      }
    }
    close_ended(static_cast<std::uint32_t>(nodes_.size()));
  }

 private:
  void close_ended(std::uint32_t index) {
    while (!open_.empty() && nodes_[open_.back()].next == index) {
      out_ += nodes_[open_.back()].kind == Kind::object ? '}' : ']';
      open_.pop_back();
    }
  }

  void separate(std::uint32_t index) {
    if (open_.empty()) return;
    if (index != open_.back() + 1) out_ += ',';
    if (nodes_[open_.back()].kind != Kind::object) return;
    json::append_string(out_, nodes_[index].key);
    out_ += ':';
  }

  std::span<const Node> nodes_;
  std::string& out_;
  std::vector<std::uint32_t> open_;
};

// `object` was validated with the event, within whatever limits held then.
void append_attributes(std::string& out, std::string_view object) {
  constexpr auto kNoLimit = static_cast<std::size_t>(-1);
  auto& document = json::thread_document();
  const auto error = document.parse(object, {kNoLimit, kNoLimit, kNoLimit});
  if (error == json::ParseError::none) {
    TreeWriter(document.nodes(), out).write();
  } else {
    out += "{}";
  }
}

void append_optional(std::string& out, const std::optional<std::string>& text) {
  if (text) return json::append_string(out, *text);
  out += "null";
}

// isoformat(), but UTC is written as Z.
void append_time(std::string& out, const Timestamp& timestamp) {
  out += '"';
  if (timestamp.offset_s == 0) {
    append_isoformat(out, {timestamp.utc_us, std::nullopt});
    out += 'Z';
  } else {
    append_isoformat(out, timestamp);
  }
  out += '"';
}

void append_name(std::string& out, Field field, bool by_alias) {
  out += field == Field::interaction_id ? '{' : ',';
  const FieldNames& names = field_names(field);
  json::append_string(out, by_alias ? names.alias : names.name);
  out += ':';
}

}  // namespace

std::string InteractionEvent::to_json(bool by_alias) const {
  std::string out;
  append_name(out, Field::interaction_id, by_alias);
  json::append_string(out, interaction_id);
  append_name(out, Field::contact_id, by_alias);
  json::append_string(out, contact_id);
  append_name(out, Field::timestamp, by_alias);
  append_time(out, timestamp);
  append_name(out, Field::attributes, by_alias);
  append_attributes(out, attributes);
  append_name(out, Field::legacy_crm_id, by_alias);
  append_optional(out, legacy_crm_id);
  append_name(out, Field::source_channel, by_alias);
  append_optional(out, source_channel);
  out += '}';
  return out;
}

}  // namespace cxrelay
