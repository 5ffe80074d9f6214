// Whether a target can work, found out before the first event and not with the first request.
#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.hpp"
#include "cxrelay/target.hpp"
#include "http/url.hpp"
#include "target/placeholder.hpp"

namespace cxrelay {
namespace {

using target::PathParts;
using target::split_path;

void require(bool condition, const Target& target, const char* what) {
  if (!condition) throw ConfigError("target '" + target.name + "': " + what);
}

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

// A path of our own making: absolute, and without anything that would end it or be read in two
// ways.
bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && !path.starts_with("//") && path.size() <= 1024 &&
         std::ranges::all_of(path, [](char c) {
           return is_visible(c) && c != '#' && c != '\\' && c != '{' && c != '}' && c != '"';
         });
}

bool is_plain_template(std::string_view path) {
  const PathParts parts = split_path(path);
  return is_plain_path(std::string(parts.before) + "x" + std::string(parts.after)) &&
         parts.before.find('?') == std::string_view::npos;
}

bool is_method(std::string_view method) {
  static constexpr std::array<std::string_view, 3> kMethods = {"PATCH", "POST", "PUT"};
  return std::ranges::find(kMethods, method) != kMethods.end();
}

bool is_header_name(std::string_view name) {
  return name.size() <= 64 &&
         std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

// Codes that say "not now" or "not you" can never mean success.
bool can_be_success(int status) {
  static constexpr std::array<int, 5> kNever = {401, 403, 408, 425, 429};
  return status >= 200 && status <= 499 && std::ranges::find(kNever, status) == kNever.end();
}

void check_base_url(const Target& target) {
  const std::string& url = target.base_url;
  require(url_allowed(url), target, "base_url must be https (http only on this machine)");
  require(!url.ends_with('/'), target, "base_url must not end with '/'");
  require(url.find('?') == std::string::npos && url.find('{') == std::string::npos, target,
          "base_url must have no query and no placeholder");
}

void check_batch(const Target& target) {
  require(!split_path(target.path).has_placeholder, target, "path of a batch has no placeholder");
  require(is_method(target.item_method), target, "item_method must be PATCH, POST or PUT");
  require(is_plain_template(target.item_path), target, "item_path is not a plain absolute path");
  require(split_path(target.item_path).has_placeholder, target,
          "item_path must contain {interaction_id}");
  require(!target.results_member.empty(), target, "results_member is empty");
  require(target.idempotency_header.empty(), target, "idempotency_header is for single targets");
  require(target.max_updates >= 1 && target.max_updates <= 1000, target,
          "max_updates must be from 1 to 1000");
}

void check_single(const Target& target) {
  require(split_path(target.path).has_placeholder, target, "path must contain {interaction_id}");
  require(target.max_updates == 1, target, "max_updates of a single target must be 1");
  require(is_header_name(target.idempotency_header), target,
          "idempotency_header is not a header name");
}

void check_read_back(const Target& target) {
  if (!target.read_back) return;
  const ReadBack& read_back = *target.read_back;
  constexpr std::int64_t kMaxLateMs = 3'600'000;
  require(is_plain_template(read_back.path) && split_path(read_back.path).has_placeholder, target,
          "the path of read_back must be a plain absolute path with {interaction_id}");
  require(read_back.pointer.empty() || read_back.pointer.starts_with('/'), target,
          "the pointer of read_back must be a JSON pointer");
  require(read_back.late_ms >= 0 && read_back.late_ms <= kMaxLateMs, target,
          "late_ms of read_back must be from 0 to 3600000");
}

void check_limits(const Target& target) {
  constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;
  require(target.max_body_bytes >= 1024 && target.max_body_bytes <= kMaxBytes, target,
          "max_body_bytes must be from 1 KiB to 64 MiB");
  require(target.max_reply_bytes >= 1024 && target.max_reply_bytes <= kMaxBytes, target,
          "max_reply_bytes must be from 1 KiB to 64 MiB");
  require(target.timeout_ms >= 1 && target.timeout_ms <= 600'000, target,
          "timeout_ms must be from 1 to 600000");
}

}  // namespace

void check_target(const Target& target) {
  require(!target.name.empty() && target.name.size() <= 64 &&
              std::ranges::all_of(target.name, is_visible),
          target, "name must be 1 to 64 visible characters");
  check_base_url(target);
  require(is_method(target.method), target, "method must be PATCH, POST or PUT");
  require(is_plain_template(target.path), target, "path is not a plain absolute path");
  require(!target.success.empty() && std::ranges::all_of(target.success, can_be_success), target,
          "success must list codes from 200 to 499 other than 401, 403, 408, 425 and 429");
  check_limits(target);
  check_read_back(target);
  if (target.body_shape == BodyShape::batch) return check_batch(target);
  check_single(target);
}

}  // namespace cxrelay
