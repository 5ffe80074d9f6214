#include "mapping/path.hpp"

#include <algorithm>
#include <charconv>

namespace cxrelay::mapping {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

// RFC 6901: ~1 stands for '/', ~0 for '~'.
std::optional<std::string> unescape_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out += token[i];
      continue;
    }
    const char code = i + 1 < token.size() ? token[++i] : '\0';
    if (code != '0' && code != '1') return std::nullopt;
    out += code == '0' ? '~' : '/';
  }
  return out;
}

void append_token(std::string& out, std::string_view key) {
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
}

std::optional<Path> parse_pointer(std::string_view text, std::string& problem) {
  Path path;
  for (const auto token : split(text.substr(1), '/')) {
    auto key = unescape_token(token);
    if (!key) {
      problem = "'~' must be followed by 0 or 1 in a JSON pointer";
      return std::nullopt;
    }
    path.push_back(std::move(*key));
  }
  return path;
}

std::optional<Path> parse_dotted(std::string_view text, std::string& problem) {
  Path path;
  for (const auto part : split(text, '.')) {
    if (part.empty()) {
      problem = "a dotted path has an empty part";
      return std::nullopt;
    }
    path.emplace_back(part);
  }
  return path;
}

bool can_be_dotted(const Path& path) {
  return !path.empty() && !path.front().starts_with("/") &&
         std::ranges::none_of(path, [](const std::string& key) {
           return key.empty() || key.find('.') != std::string::npos;
         });
}

}  // namespace

std::optional<Path> parse_path(std::string_view text, std::string& problem) {
  if (text.empty()) {
    problem = "the path is empty";
    return std::nullopt;
  }
  auto path = text.front() == '/' ? parse_pointer(text, problem) : parse_dotted(text, problem);
  if (path && path->size() > kMaxPathDepth) {
    problem = "the path has more than " + std::to_string(kMaxPathDepth) + " parts";
    return std::nullopt;
  }
  return path;
}

std::string pointer_text(const Path& path) {
  std::string out;
  for (const auto& key : path) {
    out += '/';
    append_token(out, key);
  }
  return out;
}

std::string path_text(const Path& path) {
  if (!can_be_dotted(path)) return pointer_text(path);
  std::string out = path.front();
  for (std::size_t i = 1; i < path.size(); ++i) out.append(".").append(path[i]);
  return out;
}

std::optional<std::size_t> array_index(std::string_view key) {
  if (key.empty() || key.size() > 9 || (key.front() == '0' && key.size() > 1)) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return index;
}

}  // namespace cxrelay::mapping
