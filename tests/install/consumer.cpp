// Maps one event with the default rules and prints what would be written, with no Python anywhere.
#include <cxrelay/mapping.hpp>
#include <cxrelay/version.hpp>
#include <iostream>
#include <variant>

int main() {
  const auto mapping = cxrelay::Mapping::default_mapping();
  const auto result = mapping.apply_json(
      R"({"interactionId":"i-1","contactId":"c-1","timestamp":"2024-05-15T10:30:00Z","legacyCrmId":"crm-7"})");
  const auto* mapped = std::get_if<cxrelay::MappedEvent>(&result);
  if (mapped == nullptr) return 1;
  std::cout << CXRELAY_VERSION << ' ' << mapped->idempotency_key << ' ' << mapped->payload << '\n';
}
