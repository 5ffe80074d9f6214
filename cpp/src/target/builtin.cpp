// The targets that come with cxrelay, and the default host of a region.
#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "cxrelay/target.hpp"

namespace cxrelay {
namespace {

bool is_region_character(char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; }

}  // namespace

Target interactions_batch(std::string base_url) {
  Target target;
  target.name = "interactions-batch";
  target.base_url = std::move(base_url);
  target.path = "/api/v2/interactions/batch";
  target.item_path = "/api/v2/interactions/{interaction_id}";
  target.item_key_member = "idempotencyKey";
  target.required_scopes = {"interaction:modify"};
  return target;
}

ReadBack interactions_read_back() {
  ReadBack read_back;
  read_back.path = "/api/v2/interactions/{interaction_id}";
  return read_back;
}

// The region becomes part of the host that gets our token: nothing but these characters may be in
// it.
std::string region_base_url(std::string_view region) {
  if (region.size() < 2 || region.size() > 20 || !std::ranges::all_of(region, is_region_character))
    throw ConfigError("the region must be 2 to 20 of a-z, 0-9 and '-'");
  return "https://" + std::string(region) + ".nice.incontact.com";
}

}  // namespace cxrelay
