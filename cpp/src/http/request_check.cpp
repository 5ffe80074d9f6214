#include "http/request_check.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

using namespace std::string_view_literals;

bool breaks_lines(std::string_view text) {
  return text.find_first_of("\r\n\0"sv) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || "!#$%&'*+-.^_`|~"sv.find(c) != std::string_view::npos;
  });
}

bool belongs_to_transport(std::string_view name) {
  static constexpr std::array kNames{"content-length"sv, "transfer-encoding"sv, "expect"sv};
  return std::ranges::any_of(kNames, [name](std::string_view own) {
    return std::ranges::equal(name, own, [](char a, char b) { return to_lower(a) == b; });
  });
}

void check_header(std::string_view header) {
  if (breaks_lines(header)) throw Error("a request header holds a line break or a NUL");
  const std::size_t colon = header.find(':');
  if (colon == std::string_view::npos || !is_token(header.substr(0, colon)))
    throw Error("a request header is not of the form \"Name: value\"");
  if (belongs_to_transport(header.substr(0, colon)))
    throw Error("a request header is one that only the transport sets");
}

}  // namespace

void check_request(const HttpRequest& request) {
  if (!is_token(request.method)) throw Error("the request method is not a token");
  if (breaks_lines(request.url)) throw Error("the request URL holds a line break or a NUL");
  for (const std::string& header : request.headers) check_header(header);
}

}  // namespace cxrelay
