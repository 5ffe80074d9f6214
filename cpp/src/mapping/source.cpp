#include "mapping/source.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace cxrelay::mapping {
namespace {

constexpr std::string_view kAttributes = "attributes";

struct FieldName {
  Field field;
  std::string_view snake;
  std::string_view camel;  // the alias: how the sender spells it
};

constexpr std::array<FieldName, 5> kFieldNames{{
    {Field::interaction_id, "interaction_id", "interactionId"},
    {Field::contact_id, "contact_id", "contactId"},
    {Field::timestamp, "timestamp", "timestamp"},
    {Field::legacy_crm_id, "legacy_crm_id", "legacyCrmId"},
    {Field::source_channel, "source_channel", "sourceChannel"},
}};

std::optional<Source> find_field(std::string_view name) {
  for (const auto& known : kFieldNames) {
    if (name == known.snake || name == known.camel) {
      return Source{Source::Kind::field, known.field};
    }
  }
  return std::nullopt;
}

std::string_view alias(Field field) {
  const auto* known = std::ranges::find(kFieldNames, field, &FieldName::field);
  return known->camel;
}

Source below(Source::Kind kind, Path path) { return {kind, {}, std::move(path)}; }

// A pointer into /attributes and a dotted attributes.x are one source, so that equal rules have
// equal versions.
Source attributes_source(Path path) {
  path.erase(path.begin());
  return below(Source::Kind::attributes, std::move(path));
}

std::string camel_case(std::string_view snake) {
  std::string out;
  for (std::size_t i = 0; i < snake.size(); ++i) {
    if (snake[i] != '_' || out.empty() || i + 1 == snake.size()) {
      out += snake[i];
      continue;
    }
    const char next = snake[++i];
    out += next >= 'a' && next <= 'z' ? static_cast<char>(next - 'a' + 'A') : next;
  }
  return out;
}

std::optional<Source> resolve(std::string_view text, bool shorthand, std::string& problem) {
  auto path = parse_path(text, problem);
  if (!path) return std::nullopt;
  if (path->front() == kAttributes) return attributes_source(std::move(*path));
  if (text.front() == '/') return below(Source::Kind::body, std::move(*path));
  if (path->size() == 1) {
    if (auto field = find_field(text)) return field;
    if (shorthand) return below(Source::Kind::attributes, {camel_case(text)});
  }
  problem.assign(1, '\'').append(text);
  problem += "' is not an event field; write attributes.<key>, or a JSON pointer for other places";
  return std::nullopt;
}

}  // namespace

std::optional<Source> parse_source(std::string_view text, std::string& problem) {
  return resolve(text, false, problem);
}

std::optional<Source> parse_shorthand_source(std::string_view text, std::string& problem) {
  return resolve(text, true, problem);
}

std::string source_text(const Source& source) {
  if (source.kind == Source::Kind::field) return std::string(alias(source.field));
  const Path path = source_path(source);
  return source.kind == Source::Kind::body ? pointer_text(path) : path_text(path);
}

Path source_path(const Source& source) {
  Path path;
  if (source.kind == Source::Kind::field) path.emplace_back(alias(source.field));
  if (source.kind == Source::Kind::attributes) path.emplace_back(kAttributes);
  for (const auto& key : source.path) path.push_back(key);
  return path;
}

}  // namespace cxrelay::mapping
