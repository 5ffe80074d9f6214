#include "delivery/classify.hpp"

#include <algorithm>

namespace cxrelay::delivery {
namespace {

bool is_success(int status, const Rules& rules) noexcept {
  return std::ranges::find(*rules.success, status) != rules.success->end();
}

// The server had trouble, perhaps after it had begun: sending again is safe only where twice is
// once.
Class trouble(const Rules& rules) noexcept {
  return rules.idempotent ? Class::transient : Class::unknown;
}

// The rows that are the same for an envelope and an item; neither 401, 403 nor a success comes
// here.
Class classify_status(int status, bool has_retry_after, std::size_t updates,
                      const Rules& rules) noexcept {
  switch (status) {
    case 429:
      return Class::throttled;
    case 503:
      return has_retry_after ? Class::throttled : trouble(rules);
    case 408:
    case 425:
      return trouble(rules);
    case 400:
    case 413:
    case 422:
      return updates > 1 ? Class::split : Class::permanent;
    case 501:
    case 505:
      return Class::permanent;
    default:
      break;
  }
  if (status >= 300 && status <= 499) return Class::permanent;
  // A 5xx that we do not know counts as 500 (RFC 9110 section 15).
  if (status >= 500 && status <= 599) return trouble(rules);
  // 1xx is no final answer, a 2xx outside the success set no agreed one: it may have been applied.
  return Class::unknown;
}

}  // namespace

std::string_view to_text(Class verdict) noexcept {
  switch (verdict) {
    case Class::completed:
      return "COMPLETED";
    case Class::not_sent:
      return "NOT_SENT";
    case Class::throttled:
      return "THROTTLED";
    case Class::transient:
      return "TRANSIENT";
    case Class::unknown:
      return "UNKNOWN";
    case Class::auth:
      return "AUTH";
    case Class::split:
      return "SPLIT";
    case Class::permanent:
      return "PERMANENT";
  }
  return "UNKNOWN";
}

Class classify_envelope(const Envelope& envelope, const Rules& rules) noexcept {
  if (envelope.wire == Wire::not_sent) return Class::not_sent;
  if (envelope.wire == Wire::unknown) return Class::unknown;
  const int status = envelope.status;
  if (status == 401 || status == 403) return Class::auth;
  const bool batch = rules.shape == BodyShape::batch;
  if (batch ? status >= 200 && status <= 299 : is_success(status, rules)) return Class::completed;
  return classify_status(status, envelope.has_retry_after, envelope.updates, rules);
}

Class classify_item(int status, bool has_retry_after, const Rules& rules) noexcept {
  if (is_success(status, rules)) return Class::completed;
  // The envelope passed with this token, so it is not the client that is refused. 401: the token
  // ran out between the two, and nothing was applied; another send has a fresh one. 403 (below):
  // this interaction is out of reach.
  if (status == 401) return Class::transient;
  return classify_status(status, has_retry_after, 1, rules);
}

}  // namespace cxrelay::delivery
