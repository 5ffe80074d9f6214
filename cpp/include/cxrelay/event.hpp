// InteractionEvent: one validated webhook payload (DESIGN section 7).
//
//   auto result = cxrelay::parse_event(body);
//   if (auto* event = std::get_if<cxrelay::InteractionEvent>(&result)) use(*event);
//   else report(std::get<std::vector<cxrelay::ErrorDetail>>(result));
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cxrelay/errors.hpp"

namespace cxrelay {

// Bounds on untrusted input. Going over one is refused like any other invalid event.
struct InputLimits {
  std::size_t max_bytes = 256 * 1024;  // size of the body. Defaults to 256 KiB.
  std::size_t max_depth = 32;          // nesting of arrays and objects. Defaults to 32.
  std::size_t max_keys = 1000;         // object keys in the whole body. Defaults to 1,000.
};

// A point in time as the sender wrote it. Values equal those that pydantic 2 gives for a `datetime` field.
struct Timestamp {
  std::int64_t utc_us = 0;  // microseconds since the epoch; a naive time counts as UTC
  std::optional<std::int32_t> offset_s = {};  // offset from UTC as written; none for a naive time

  // The text of Python's datetime.isoformat() for the same value, e.g. "2024-05-15T10:30:00+00:00".
  std::string isoformat() const;

  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};

// An immutable value; copying shares nothing. Holds the original bytes.
struct InteractionEvent {
  std::string interaction_id;
  std::string contact_id;
  Timestamp timestamp;
  std::string
      attributes;  // JSON text of the object as the sender wrote it, minified; "{}" by default
  std::optional<std::string> legacy_crm_id;
  std::optional<std::string> source_channel;
  std::string original;  // the bytes as they came

  // "<interaction id>_<timestamp.isoformat()>": the tutorial's key.
  std::string idempotency_key() const;

  // The fields as one JSON object, byte for byte as pydantic 2 dumps the tutorial's model; so decimals are
  // written as the nearest double. `by_alias`: camelCase names instead of snake_case ones.
  std::string to_json(bool by_alias) const;
};

using EventResult = std::variant<InteractionEvent, std::vector<ErrorDetail>>;

// Validates `raw` strictly and completely; all errors at once, in the order of the fields.
EventResult parse_event(std::string_view raw, const InputLimits& limits = {});

}  // namespace cxrelay
