#include <algorithm>
#include <string_view>
#include <utility>

#include "cxrelay/auth.hpp"
#include "cxrelay/errors.hpp"
#include "http/url.hpp"
#include "json/document.hpp"

namespace cxrelay {
namespace {

using Scopes = std::vector<std::string>;

Scopes words_of(std::string_view text) {
  Scopes words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find(' '));
    words.emplace_back(word);
    text.remove_prefix(word.size());
  }
}

// A list of strings; anything else in it makes the whole claim unknown.
std::optional<Scopes> strings_of(const json::Document& document, const json::Node& array) {
  Scopes strings;
  for (const json::Node* node = document.first_child(array); node;
       node = document.next_sibling(array, *node)) {
    if (node->kind != json::Kind::string) return std::nullopt;
    strings.emplace_back(node->text);
  }
  return strings;
}

std::optional<Scopes> claimed_scopes(const json::Document& document) {
  const json::Node* claim = document.find(document.root(), "scope");
  if (!claim) return std::nullopt;
  if (claim->kind == json::Kind::string) return words_of(claim->text);
  if (claim->kind == json::Kind::array) return strings_of(document, *claim);
  return std::nullopt;
}

HttpRequest userinfo_request(const std::string& url, const std::string& token) {
  HttpRequest request;
  request.url = url;
  request.headers = {"Authorization: Bearer " + token, "Accept: application/json"};
  return request;
}

}  // namespace

ScopeCheck check_scopes(const std::string& userinfo_url, const std::vector<std::string>& required,
                        TokenProvider& tokens, HttpTransport& transport) {
  // A token must not leave in the clear.
  if (!url_allowed(userinfo_url))
    throw ConfigError("userinfo_url must be an https URL, or http to this machine");
  const HttpReply reply = perform(transport, userinfo_request(userinfo_url, tokens.token()));
  ScopeCheck check;
  check.status = reply.status;
  json::Document document;
  if (reply.status != 200 || document.parse(reply.body) != json::ParseError::none ||
      document.root().kind != json::Kind::object)
    return check;
  check.reachable = true;
  check.scopes = claimed_scopes(document);
  if (!check.scopes) return check;
  std::ranges::copy_if(required, std::back_inserter(check.missing), [&](const std::string& scope) {
    return std::ranges::find(*check.scopes, scope) == check.scopes->end();
  });
  return check;
}

}  // namespace cxrelay
