#include "auth/token_reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "json/document.hpp"

namespace cxrelay {
namespace {

using Kind = TokenOutcome::Kind;

constexpr std::size_t kMaxTokenBytes = 16 * 1024;
constexpr double kMaxLifetimeS = 365.0 * 86'400;

TokenOutcome refused(const std::string& message) { return {Kind::refused, message, {}, 0}; }

TokenOutcome no_answer(const std::string& message) { return {Kind::no_answer, message, {}, 0}; }

// The text of a member that is a string; empty otherwise.
std::string_view text_of(const json::Document& document, std::string_view key) {
  const json::Node* node = document.find(document.root(), key);
  return node && node->kind == json::Kind::string ? node->text : std::string_view{};
}

bool parse_object(json::Document& document, std::string_view body) {
  return document.parse(body) == json::ParseError::none &&
         document.root().kind == json::Kind::object;
}

// One of the RFC's own words, or nothing: what else a server writes there may hold anything.
std::string_view known_error(std::string_view body) {
  static constexpr std::array<std::string_view, 6> kWords{
      "invalid_request",     "invalid_client",         "invalid_grant",
      "unauthorized_client", "unsupported_grant_type", "invalid_scope"};
  json::Document document;
  if (!parse_object(document, body)) return {};
  const auto found = std::ranges::find(kWords, text_of(document, "error"));
  return found == kWords.end() ? std::string_view{} : *found;
}

// It goes into a header: visible ASCII only (RFC 6750), of sane length.
bool is_usable(std::string_view token) {
  return !token.empty() && token.size() <= kMaxTokenBytes &&
         std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_bearer(std::string_view type) {
  return std::ranges::equal(type, std::string_view("bearer"), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

// Some servers send the number as a string or with a fraction.
std::int64_t lifetime_of(const json::Document& document, std::int64_t default_lifetime_s) {
  const json::Node* node = document.find(document.root(), "expires_in");
  if (!node || (node->kind != json::Kind::integer && node->kind != json::Kind::decimal &&
                node->kind != json::Kind::string))
    return default_lifetime_s;
  double seconds = 0;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, seconds);
  if (error != std::errc{} || stop != end || !(seconds >= 1)) return default_lifetime_s;
  return static_cast<std::int64_t>(std::min(seconds, kMaxLifetimeS));
}

TokenOutcome read_success(const HttpReply& reply, std::int64_t default_lifetime_s) {
  json::Document document;
  if (!parse_object(document, reply.body))
    return refused("the token endpoint's answer is not a JSON object");
  // A missing type is taken for bearer: simple servers leave it out.
  const bool typed = document.find(document.root(), "token_type") != nullptr;
  if (typed && !is_bearer(text_of(document, "token_type")))
    return refused("the token endpoint's answer has a token_type other than bearer");
  const std::string_view token = text_of(document, "access_token");
  if (!is_usable(token)) return refused("the token endpoint's answer has no usable access_token");
  return {Kind::token, {}, std::string(token), lifetime_of(document, default_lifetime_s)};
}

bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

TokenOutcome read_token_reply(const HttpReply& reply, std::int64_t default_lifetime_s) {
  if (reply.wire != Wire::answered)
    return no_answer("no answer from the token endpoint (" + reply.error + ")");
  if (reply.status == 200) return read_success(reply, default_lifetime_s);
  const std::string status = std::to_string(reply.status);
  if (is_passing(reply.status)) return no_answer("the token endpoint answered " + status);
  if (reply.status != 400 && reply.status != 401 && reply.status != 403)
    return refused("the token endpoint answered " + status + ", which is no token");
  const std::string_view word = known_error(reply.body);
  std::string message = "the token endpoint refuses the credentials (" + status;
  if (!word.empty()) message.append(", ").append(word);
  return refused(message + ")");
}

}  // namespace cxrelay
