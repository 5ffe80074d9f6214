// The fields of an event in their order, and what senders call them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace cxrelay {

enum class Field : std::size_t {
  interaction_id,
  contact_id,
  timestamp,
  attributes,
  legacy_crm_id,
  source_channel,
};

inline constexpr std::size_t kFieldCount = 6;

struct FieldNames {
  std::string_view alias;  // in webhooks; wins when both are there
  std::string_view name;   // in Python
};

inline constexpr std::array<FieldNames, kFieldCount> kFieldNames = {{
    {"interactionId", "interaction_id"},
    {"contactId", "contact_id"},
    {"timestamp", "timestamp"},
    {"attributes", "attributes"},
    {"legacyCrmId", "legacy_crm_id"},
    {"sourceChannel", "source_channel"},
}};

constexpr std::size_t number(Field field) noexcept { return static_cast<std::size_t>(field); }

constexpr const FieldNames& field_names(Field field) noexcept { return kFieldNames[number(field)]; }

}  // namespace cxrelay
