#include "audit/status.hpp"

#include <array>

namespace cxrelay {
namespace {

using json::Document;
using json::Kind;
using json::Node;

// Outcomes other than completed, the gravest first: the first reason found is the one shown.
constexpr std::array<std::string_view, 5> kFailures = {"dead", "parked", "retry", "split",
                                                       "released"};

std::optional<std::string_view> text_of(const Document& document, const Node& object,
                                        std::string_view key) {
  const Node* member = document.find(object, key);
  if (member == nullptr || member->kind != Kind::string || member->text.empty()) return {};
  return member->text;
}

const Node* non_empty_list(const Document& document, const Node& detail, std::string_view key) {
  const Node* list = document.find(detail, key);
  return list != nullptr && list->kind == Kind::array && list->count > 0 ? list : nullptr;
}

std::string_view finished_word(const Document& document, const Node* detail) {
  if (detail == nullptr) return "failed";
  bool any_failed = false;
  bool only_released = true;
  for (const auto key : kFailures) {
    if (non_empty_list(document, *detail, key) == nullptr) continue;
    any_failed = true;
    only_released = only_released && key == "released";
  }
  if (non_empty_list(document, *detail, "completed") != nullptr) {
    return any_failed ? "partial" : "success";
  }
  return any_failed && only_released ? "released" : "failed";
}

std::optional<std::string_view> reason_of_item(const Document& document, const Node& detail) {
  for (const auto key : kFailures) {
    const Node* list = non_empty_list(document, detail, key);
    if (list == nullptr) continue;
    for (auto* item = document.first_child(*list); item != nullptr;
         item = document.next_sibling(*list, *item)) {
      if (const auto reason = text_of(document, *item, "reason")) return reason;
    }
  }
  return {};
}

std::optional<std::string_view> error_of(std::string_view action, const Document& document,
                                         const Node& detail) {
  if (const auto reason = text_of(document, detail, "reason")) return reason;
  if (action != "finished") return {};
  if (const auto reason = reason_of_item(document, detail)) return reason;
  return text_of(document, detail, "error_class");
}

}  // namespace

AuditStatus derive_status(std::string_view action, const Document& document, const Node* detail) {
  AuditStatus status{action, {}};
  if (action == "dead") status.word = "failed";
  if (action == "finished") status.word = finished_word(document, detail);
  if (detail != nullptr) status.error = error_of(action, document, *detail);
  return status;
}

}  // namespace cxrelay
