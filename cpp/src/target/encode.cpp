// From a claim to a request. Hot: one string, sized once, appended to.
#include <string>
#include <string_view>

#include "cxrelay/target.hpp"
#include "http/url.hpp"
#include "json/write.hpp"
#include "target/placeholder.hpp"

namespace cxrelay {
namespace {

using target::PathParts;
using target::split_path;

// What all items of a batch have in common, written once.
struct ItemFrame {
  std::string head;  // {"method":"PATCH","path":"/api/v2/interactions/
  std::string tail;  // ","body":
  std::string key;   // ,"idempotencyKey":    empty = not sent
};

// `text` as the inside of a JSON string.
std::string inside_of_string(std::string_view text) {
  std::string quoted;
  json::append_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

ItemFrame item_frame(const Target& target) {
  const PathParts path = split_path(target.item_path);
  ItemFrame frame;
  frame.head += R"({"method":)";
  json::append_string(frame.head, target.item_method);
  frame.head += R"(,"path":")" + inside_of_string(path.before);
  frame.tail = inside_of_string(path.after) + R"(","body":)";
  if (target.item_key_member.empty()) return frame;
  frame.key += ',';
  json::append_string(frame.key, target.item_key_member);
  frame.key += ':';
  return frame;
}

constexpr std::string_view kOpen = R"({"requests":[)";
constexpr std::string_view kClose = "]}";

std::size_t batch_bytes(const ItemFrame& frame, const Claim& claim) {
  std::size_t bytes = kOpen.size() + kClose.size();
  for (const ClaimedUpdate& update : claim.updates)
    bytes += frame.head.size() + frame.tail.size() + frame.key.size() + update.payload.size() +
             update.interaction_id.size() + update.idempotency_key.size() + 8;
  return bytes;
}

std::string batch_body(const Target& target, const Claim& claim) {
  const ItemFrame frame = item_frame(target);
  std::string body;
  body.reserve(batch_bytes(frame, claim));
  body += kOpen;
  for (const ClaimedUpdate& update : claim.updates) {
    if (body.back() == '}') body += ',';
    body += frame.head;
    body += encode_path_segment(update.interaction_id);
    body += frame.tail;
    body += update.payload;
    if (!frame.key.empty()) {
      body += frame.key;
      json::append_string(body, update.idempotency_key);
    }
    body += '}';
  }
  body += kClose;
  return body;
}

// A key has the interaction id in it, and an id must not be able to end a header. Keys of our own
// are visible ASCII and go as they are; any other byte, and '%' itself, is percent-encoded.
std::string header_value(std::string_view key) {
  std::string value;
  value.reserve(key.size());
  for (const char& c : key) {
    const bool plain = c > ' ' && c < '\x7f' && c != '%';
    value += plain ? std::string(1, c) : percent_encode({&c, 1});
  }
  return value;
}

void encode_single(const Target& target, const Claim& claim, HttpRequest& request) {
  const PathParts path = split_path(target.path);
  const ClaimedUpdate& update = claim.updates.front();
  request.url += path.before;
  request.url += encode_path_segment(update.interaction_id);
  request.url += path.after;
  request.body = update.payload;
  if (!target.idempotency_header.empty())
    request.headers.push_back(target.idempotency_header + ": " +
                              header_value(update.idempotency_key));
}

}  // namespace

HttpRequest encode_request(const Target& target, const Claim& claim) {
  HttpRequest request;
  request.method = target.method;
  request.url = target.base_url;
  request.headers.reserve(4);  // with the Authorization header that the caller adds
  request.headers.emplace_back("Content-Type: application/json");
  request.headers.emplace_back("Accept: application/json");
  request.timeout_ms = target.timeout_ms;
  request.max_reply_bytes = target.max_reply_bytes;
  if (target.body_shape == BodyShape::single) {
    encode_single(target, claim, request);
  } else {
    request.url += target.path;
    request.body = batch_body(target, claim);
  }
  return request;
}

}  // namespace cxrelay
