// Where a rule reads: a field of the event, a value inside its attributes, or one anywhere in the
// body.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mapping/path.hpp"

namespace cxrelay::mapping {

enum class Field { interaction_id, contact_id, timestamp, legacy_crm_id, source_channel };

struct Source {
  enum class Kind { field, attributes, body };
  Kind kind = Kind::field;
  Field field = Field::interaction_id;  // kind field
  Path path = {};  // kind attributes: below the attributes object; kind body: below the root
};

// A rule's `from`: a JSON pointer into the body, an event field (legacy_crm_id, legacyCrmId), or
// attributes.<key>. On a mistake: none, and `problem` says what is wrong.
std::optional<Source> parse_source(std::string_view text, std::string& problem);

// As in the tutorial's shorthand: besides, a bare name that is no event field is an attribute, in
// camelCase: queue_name reads attributes.queueName.
std::optional<Source> parse_shorthand_source(std::string_view text, std::string& problem);

// One text for each source, however it was written; parse_source() reads it back.
std::string source_text(const Source& source);

// The path in the body, for an error's `loc`.
Path source_path(const Source& source);

}  // namespace cxrelay::mapping
