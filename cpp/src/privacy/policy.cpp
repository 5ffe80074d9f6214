#include <optional>
#include <utility>

#include "base/digest.hpp"
#include "cxrelay/errors.hpp"
#include "cxrelay/privacy.hpp"
#include "event/refusal.hpp"
#include "json/document.hpp"
#include "privacy/key.hpp"
#include "privacy/program.hpp"
#include "privacy/rules.hpp"
#include "privacy/secret_names.hpp"

namespace cxrelay {
namespace {

constexpr std::size_t kVersionDigits = 12;

std::optional<privacy::HashKey> hash_key(std::string_view key) {
  if (key.empty()) return std::nullopt;
  check_privacy_key(key);
  return std::optional<privacy::HashKey>(std::in_place, key);
}

// What equal versions stand for. The list of secret names is part of it, since it may grow.
std::string version_of(const privacy::Rules& rules, std::string_view key_id) {
  std::string text = privacy::write_rules(rules);
  text.append(" ").append(key_id);
  if (rules.defaults) {
    for (const auto name : privacy::kSecretNames) text.append(" ").append(name);
  }
  return to_hex(sha256(text)).substr(0, kVersionDigits);
}

[[noreturn]] void throw_invalid(ErrorDetail detail) {
  throw ValidationError("the event is invalid", {std::move(detail)});
}

}  // namespace

std::string_view to_text(PrivacyAction action) noexcept {
  switch (action) {
    case PrivacyAction::keep:
      return "keep";
    case PrivacyAction::hash:
      return "hash";
    case PrivacyAction::mask:
      return "mask";
    case PrivacyAction::drop:
      return "drop";
  }
  return "";
}

struct PrivacyPolicy::Compiled {
  Compiled(const privacy::Rules& rules, std::optional<privacy::HashKey> key)
      : key_id(key ? key->id() : ""),
        json(privacy::write_rules(rules)),
        version(version_of(rules, key_id)),
        program(rules, std::move(key)) {}

  std::string key_id;
  std::string json;
  std::string version;
  privacy::Program program;
};

PrivacyPolicy::PrivacyPolicy(std::shared_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}

PrivacyPolicy PrivacyPolicy::default_policy() {
  static const auto compiled = std::make_shared<const Compiled>(privacy::Rules(), std::nullopt);
  return PrivacyPolicy(compiled);
}

PrivacyPolicy PrivacyPolicy::from_json(std::string_view rules, std::string_view key) {
  return PrivacyPolicy(std::make_shared<const Compiled>(privacy::read_rules(rules), hash_key(key)));
}

std::vector<std::string> PrivacyPolicy::secret_names() {
  return {privacy::kSecretNames.begin(), privacy::kSecretNames.end()};
}

const std::string& PrivacyPolicy::version() const noexcept { return compiled_->version; }

const std::string& PrivacyPolicy::key_id() const noexcept { return compiled_->key_id; }

std::string PrivacyPolicy::rules_json() const { return compiled_->json; }

StoredOriginal PrivacyPolicy::apply(std::string_view event, const InputLimits& limits) const {
  auto& document = json::thread_document();
  const auto error = document.parse(event, {limits.max_bytes, limits.max_depth, limits.max_keys});
  if (error != json::ParseError::none) {
    throw_invalid(body_refusal(error, document.error_offset(), limits));
  }
  if (document.root().kind != json::Kind::object) throw_invalid(not_an_object());
  StoredOriginal out;
  if (!compiled_->program.rewrite(document, out)) out.text = event;
  return out;
}

const privacy::Program& PrivacyPolicy::program() const noexcept { return compiled_->program; }

}  // namespace cxrelay
