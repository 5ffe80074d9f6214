#include "privacy/pattern.hpp"

#include "mapping/path.hpp"
#include "privacy/name.hpp"

namespace cxrelay::privacy {
namespace {

Part name_part(const std::string& text) {
  return {Part::Kind::name, folded(text), mapping::array_index(text)};
}

// A part of a dotted path.
std::optional<Part> read_part(const std::string& text, std::string& problem) {
  if (text == "**") return Part{Part::Kind::many};
  if (text == "*") return Part{Part::Kind::one};
  if (text.find('*', 1) != std::string::npos) {
    problem =
        "'*' stands at the beginning of a part only; write a JSON pointer for a name with one";
    return std::nullopt;
  }
  if (text.front() != '*') return name_part(text);
  Part part{Part::Kind::ending, folded(std::string_view(text).substr(1))};
  if (!part.name.empty()) return part;
  problem = "behind '*' there is nothing to compare: '_' and '-' do not count";
  return std::nullopt;
}

}  // namespace

bool Part::matches(const Place& place) const noexcept {
  switch (kind) {
    case Kind::name:
      return place.is_element ? index == place.index : is_name(place.key, name);
    case Kind::ending:
      return !place.is_element && ends_in_name(place.key, name);
    case Kind::one:
    case Kind::many:
      break;
  }
  return true;
}

std::optional<Pattern> Pattern::parse(std::string_view text, std::string& problem) {
  const auto path = mapping::parse_path(text, problem);
  if (!path) return std::nullopt;
  const bool is_pointer = text.front() == '/';
  Pattern pattern;
  for (const auto& key : *path) {
    auto part = is_pointer ? name_part(key) : read_part(key, problem);
    if (!part) return std::nullopt;
    if (part->kind != Part::Kind::name) pattern.is_exact_ = false;
    pattern.parts_.push_back(std::move(*part));
  }
  if (pattern.last().kind != Part::Kind::many) return pattern;
  problem = "'**' cannot be the last part: name the array or object itself";
  return std::nullopt;
}

// As a file pattern: on a mismatch, the last "**" takes one part more.
bool Pattern::matches(std::span<const Place> path) const noexcept {
  std::size_t part = 0;
  std::size_t at = 0;
  std::optional<std::size_t> many;
  std::size_t taken = 0;
  while (at < path.size()) {
    if (part < parts_.size() && parts_[part].kind == Part::Kind::many) {
      many = part++;
      taken = at;
    } else if (part < parts_.size() && parts_[part].matches(path[at])) {
      ++part;
      ++at;
    } else if (many) {
      part = *many + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return part == parts_.size();
}

}  // namespace cxrelay::privacy
