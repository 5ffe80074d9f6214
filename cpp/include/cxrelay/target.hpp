// Target: where updates go and how to talk to it, as data (DESIGN section 9, docs/targets.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/errors.hpp"
#include "cxrelay/http.hpp"
#include "cxrelay/queue.hpp"

namespace cxrelay {

enum class BodyShape {
  batch,  // {"requests":[{"method":...,"path":...,"body":...}]}
  single  // the update's payload itself
};

// How to look whether a request whose answer was lost was applied: a GET of one interaction.
struct ReadBack {
  std::string path;  // with "{interaction_id}"
  // JSON pointer (RFC 6901) to the object in the reply that a payload is written into; empty = the
  // whole reply
  std::string pointer;
  // A lost request may still arrive for so long after its time-out. Where twice is not once, nobody
  // looks before that has passed. Defaults to 60 s.
  std::int64_t late_ms = 60'000;
};

// Plain data; a built-in one is a starting point that configuration changes.
struct Target {
  std::string name;
  std::string base_url;  // without a slash at the end; https, or http on loopback
  std::string method = "PATCH";
  std::string path;  // of the request; in a single target "{interaction_id}" is filled in
  BodyShape body_shape = BodyShape::batch;
  std::string item_method = "PATCH";  // batch: of each item
  std::string item_path;              // batch: "/api/v2/interactions/{interaction_id}"
  std::string
      item_key_member;  // batch: member of an item that carries the idempotency key; empty = none
  std::string results_member = "results";           // batch: where the reply has its items
  std::vector<int> success = {200, 201, 202, 204};  // of an item (batch) or of the reply (single)
  bool idempotent = true;        // setting attributes twice has the effect of once
  std::size_t max_updates = 25;  // in one request
  std::size_t max_body_bytes = 512 * 1024;
  std::size_t max_reply_bytes = 1024 * 1024;
  std::int64_t timeout_ms = 30'000;
  std::string idempotency_header;  // single: header that carries the key; empty = none
  std::vector<std::string> required_scopes;
  // If set, what was sent before is looked up before it is sent again or parked.
  std::optional<ReadBack> read_back;
};

// The tutorial's contract: PATCH {base_url}/api/v2/interactions/batch. Items carry their "idempotencyKey" too;
// clear item_key_member for a server that refuses unknown members.
Target interactions_batch(std::string base_url);

// Of the same contract: GET {base_url}/api/v2/interactions/{interaction_id} answers with an object that has the
// attributes where a payload has them.
ReadBack interactions_read_back();

// "https://{region}.nice.incontact.com". Throws ConfigError unless region matches [a-z0-9-]{2,20}.
std::string region_base_url(std::string_view region);

// Throws ConfigError if the target cannot work: bad URL (https only, except loopback), no path, bad limits.
// The rules are in docs/targets.md.
void check_target(const Target& target);

// The request for one claim, without the Authorization header.
HttpRequest encode_request(const Target& target, const Claim& claim);

// One item's answer. status 0 = the reply said nothing usable about it.
struct ItemReply {
  int status = 0;
  std::string message;  // one line, cut to 200 bytes, control characters replaced
};

// Reads a 2xx reply. One entry for each update of the claim, in its order. If the reply does not match the
// request one to one (count, or ids if echoed), the unmatched ones are status 0. Never throws.
std::vector<ItemReply> decode_reply(const Target& target, const Claim& claim,
                                    const HttpReply& reply);

// The look at one interaction, without the Authorization header. The target must have a read_back.
HttpRequest encode_read_back(const Target& target, std::string_view interaction_id);

enum class Found {
  applied,      // every value of the payload stands there; objects may have further members
  not_applied,  // some value is another, or missing
  unclear       // the reply does not say
};
// What a whole reply with status 200 says about the payload. Values are compared, not their spelling. Never throws.
Found find_payload(const Target& target, std::string_view payload, std::string_view reply_body);

}  // namespace cxrelay
