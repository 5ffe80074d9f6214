// Every reason why an event is refused, as an ErrorDetail: the types, and sentences that name what
// was expected and never what came.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/event.hpp"
#include "event/timestamp.hpp"
#include "json/document.hpp"

namespace cxrelay {

// The body as a whole; `loc` is empty.
ErrorDetail body_refusal(json::ParseError error, std::size_t offset, const InputLimits& limits);
ErrorDetail not_an_object();

// One field; `name` as the sender spelled it (the camelCase name if it is missing).
ErrorDetail missing_field(std::string_view name);
ErrorDetail not_a_string(std::string_view name);
ErrorDetail not_a_dict(std::string_view name);
ErrorDetail not_an_id(std::string_view name);
ErrorDetail not_a_timestamp(std::string_view name, TimestampError error);

}  // namespace cxrelay
