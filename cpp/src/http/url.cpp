#include "http/url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/ascii.hpp"

namespace cxrelay {
namespace {

bool is_unreserved(char c) {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, [](char a, char b) { return to_lower(a) == b; });
}

// Removes `prefix` (in lower case) from the front of `text` if it is there, in any case.
bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!equal_ignoring_case(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool has_only_url_bytes(std::string_view url) {
  return std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

bool port_ok(std::string_view port) {
  std::uint32_t number = 0;
  const char* end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data(), end, number);
  return error == std::errc{} && stop == end && number >= 1 && number <= 65535;
}

// "host", "host:port", "[v6]" or "[v6]:port"; the host keeps its brackets. None if malformed.
std::optional<std::string_view> host_of(std::string_view authority) {
  std::size_t host_size = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    host_size = bracket + 1;
  }
  const std::string_view host = authority.substr(0, host_size);
  const std::string_view rest = authority.substr(host.size());
  if (!rest.empty() && (rest.front() != ':' || !port_ok(rest.substr(1)))) return std::nullopt;
  return host;
}

bool is_v6_literal(std::string_view host) {
  if (host.size() < 4 || !host.starts_with('[') || !host.ends_with(']')) return false;
  return std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f') || c == ':' || c == '.';
  });
}

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
  });
}

// Four plain decimal numbers: "127.1", "0x7f.1" and "0177.0.0.1" mean other things to other
// readers.
bool is_loopback_v4(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int parts = 0;
  while (true) {
    const std::string_view part = host.substr(0, host.find('.'));
    if (part.empty() || part.size() > 3 || !std::ranges::all_of(part, is_digit)) return false;
    if (part.size() > 1 && part.front() == '0') return false;
    if (part.size() == 3 && part > "255") return false;
    ++parts;
    if (part.size() == host.size()) return parts == 4;
    host.remove_prefix(part.size() + 1);
  }
}

bool is_loopback(std::string_view host) {
  return host == "[::1]" || equal_ignoring_case(host, "localhost") || is_loopback_v4(host);
}

}  // namespace

bool url_allowed(std::string_view url) noexcept {
  if (!has_only_url_bytes(url) || url.find('#') != std::string_view::npos) return false;
  const bool secure = take_prefix(url, "https://");
  if (!secure && !take_prefix(url, "http://")) return false;
  const std::string_view authority = url.substr(0, url.find_first_of("/?"));
  const std::optional<std::string_view> host = host_of(authority);
  if (!host || !(is_name(*host) || is_v6_literal(*host))) return false;
  return secure || is_loopback(*host);
}

std::string percent_encode(std::string_view value) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(value.size() + 8);
  for (const char c : value) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string encode_path_segment(std::string_view value) {
  if (value == ".") return "%2E";
  if (value == "..") return "%2E%2E";
  return percent_encode(value);
}

}  // namespace cxrelay
