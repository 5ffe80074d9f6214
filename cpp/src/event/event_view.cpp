#include "event/event_view.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/short_text.hpp"
#include "event/field_names.hpp"
#include "event/identifier.hpp"
#include "event/refusal.hpp"
#include "event/timestamp.hpp"

namespace cxrelay {
namespace {

using json::Kind;
using json::Node;

// The alias of a field as its first and its last eight characters, which may overlap.
struct Alias {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::size_t size = 0;  // 0: no field
  Field field = {};

  bool is(std::string_view key) const noexcept {
    return key.size() == size && load_word<std::uint64_t>(key.data()) == begin &&
           load_word<std::uint64_t>(key.data() + size - 8) == end;
  }
};

constexpr std::uint64_t word_at(std::string_view text, std::size_t at) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i)
    word |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << 8 * i;
  return word;
}

// By first letter, for which the fields differ (also in the low five bits, which make a small
// table).
constexpr auto kAliasByLetter = [] {
  std::array<Alias, 32> aliases{};
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const auto name = kFieldNames[i].alias;
    aliases[name[0] & 31] = {word_at(name, 0), word_at(name, name.size() - 8), name.size(),
                             static_cast<Field>(i)};
  }
  return aliases;
}();

static_assert(std::ranges::all_of(kFieldNames, [](const FieldNames& names) {
  return names.alias.size() >= 8 && names.alias.size() <= 16;
}));

void find_fields(const json::Document& document, FieldNodes& found) noexcept {
  found = {};
  const auto nodes = document.nodes();
  for (std::size_t i = 1; i < nodes.size(); i = nodes[i].next) {
    const auto& key = nodes[i].key;
    // A document's text has padding behind it, so even an empty key has a first character.
    const Alias& alias = kAliasByLetter[*key.data() & 31];
    if (alias.is(key) ||
        (alias.size > 0 && found[alias.field] == nullptr && key == field_names(alias.field).name)) {
      found[alias.field] = &nodes[i];
    }
  }
}

constexpr std::size_t kUsualTimeSize = std::string_view("YYYY-MM-DDTHH:MM:SSZ").size();

// True for YYYY-MM-DDTHH:MM:SSZ: of the valid forms, no other has this size and these two letters.
// Without its Z it is what isoformat() writes before the offset.
bool is_isoformat_before_z(std::string_view valid) noexcept {
  return valid.size() == kUsualTimeSize && valid[10] == 'T' && valid[19] == 'Z';
}

// Each function checks one field and adds its errors.
class Validator {
 public:
  Validator(const FieldNodes& fields, std::vector<ErrorDetail>& errors)
      : fields_(fields), errors_(errors) {}

  void identifier(Field field) {
    const Node* node = required(field);
    if (node == nullptr) return;
    if (node->kind != Kind::string) {
      errors_.push_back(not_a_string(node->key));
    } else if (!is_identifier(node->text)) {
      errors_.push_back(not_an_id(node->key));
    }
  }

  void time(Field field, Timestamp& out) {
    const Node* node = required(field);
    if (node == nullptr) return;
    const auto error = parse_timestamp(*node, out);
    if (error != TimestampError::none) errors_.push_back(not_a_timestamp(node->key, error));
  }

  void object(Field field) {
    const Node* node = fields_[field];
    if (node != nullptr && node->kind != Kind::object) errors_.push_back(not_a_dict(node->key));
  }

  void text(Field field) {
    const Node* node = fields_[field];
    if (node == nullptr || node->kind == Kind::null || node->kind == Kind::string) return;
    errors_.push_back(not_a_string(node->key));
  }

 private:
  const Node* required(Field field) {
    if (fields_[field] == nullptr) errors_.push_back(missing_field(field_names(field).alias));
    return fields_[field];
  }

  const FieldNodes& fields_;
  std::vector<ErrorDetail>& errors_;
};

}  // namespace

bool parse_event_view(std::string_view raw, const InputLimits& limits, json::Document& document,
                      EventView& out, std::vector<ErrorDetail>& errors) {
  errors.clear();
  const json::ParseLimits parse_limits{limits.max_bytes, limits.max_depth, limits.max_keys};
  const auto error = document.parse(raw, parse_limits);
  if (error != json::ParseError::none) {
    errors.push_back(body_refusal(error, document.error_offset(), limits));
    return false;
  }
  if (document.root().kind != Kind::object) {
    errors.push_back(not_an_object());
    return false;
  }
  out.document = &document;
  find_fields(document, out.fields);
  Validator valid(out.fields, errors);
  valid.identifier(Field::interaction_id);
  valid.identifier(Field::contact_id);
  valid.time(Field::timestamp, out.timestamp);
  valid.object(Field::attributes);
  valid.text(Field::legacy_crm_id);
  valid.text(Field::source_channel);
  return errors.empty();
}

void write_idempotency_key(std::string& out, const EventView& event) {
  const auto id = event.id(Field::interaction_id);
  const auto time = event.fields[Field::timestamp]->text;
  if (!is_isoformat_before_z(time)) {
    out.assign(id) += '_';
    append_isoformat(out, event.timestamp);
    return;
  }
  constexpr std::string_view kUtc = "+00:00";
  const std::size_t time_size = time.size() - 1;
  out.resize(id.size() + 1 + time_size + kUtc.size());  // mostly the size of the key before
  char* at = out.data() + id.copy(out.data(), id.size());
  *at++ = '_';
  at += time.copy(at, time_size);
  kUtc.copy(at, kUtc.size());
}

}  // namespace cxrelay
