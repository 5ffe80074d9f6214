#include "relay_settings.hpp"

#include <functional>
#include <map>
#include <string>

namespace cxrelay::bindings {
namespace {

using Setter = std::function<void(RelayConfig&, const py::handle&)>;

// A setter for one member; `member` gives its reference.
template <typename Value, typename Member>
std::pair<const std::string, Setter> setting(const char* name, Member member) {
  return {name, [member](RelayConfig& config, const py::handle& value) {
            member(config) = value.cast<Value>();
          }};
}

#define CXRELAY_SETTING(type, name, member) \
  setting<type>(                            \
      name, [](RelayConfig & config) -> auto& { return config.member; })

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> table = {
      CXRELAY_SETTING(std::string, "queue_path", queue_path),
      CXRELAY_SETTING(std::int64_t, "retention_days", retention_days),
      CXRELAY_SETTING(std::string, "audit_path", audit.path),
      CXRELAY_SETTING(std::size_t, "max_segment_bytes", audit.max_segment_bytes),
      CXRELAY_SETTING(bool, "compress", audit.compress),
      CXRELAY_SETTING(std::int64_t, "export_interval_ms", export_interval_ms),
      CXRELAY_SETTING(std::string, "checkpoint_key", audit.checkpoint.key_path),
      CXRELAY_SETTING(std::string, "checkpoint_output", audit.checkpoint.output),
      CXRELAY_SETTING(std::int64_t, "checkpoint_records", audit.checkpoint.records),
      CXRELAY_SETTING(std::int64_t, "checkpoint_minutes", audit.checkpoint.minutes),
      CXRELAY_SETTING(std::string, "token_url", auth.token_url),
      CXRELAY_SETTING(std::string, "userinfo_url", userinfo_url),
      CXRELAY_SETTING(std::string, "client_id", auth.client_id),
      CXRELAY_SETTING(std::string, "client_secret", auth.client_secret),
      CXRELAY_SETTING(std::string, "scope", auth.scope),
      CXRELAY_SETTING(std::string, "ca_file", http.ca_file),
      CXRELAY_SETTING(std::size_t, "max_in_flight", updater.max_in_flight),
      CXRELAY_SETTING(std::size_t, "max_updates", target.max_updates),
      CXRELAY_SETTING(bool, "idempotent", target.idempotent),
      CXRELAY_SETTING(std::int64_t, "timeout_ms", target.timeout_ms),
      CXRELAY_SETTING(int, "max_attempts", updater.retry.max_attempts),
      CXRELAY_SETTING(std::int64_t, "max_age_ms", updater.retry.max_age_ms),
      CXRELAY_SETTING(std::int64_t, "base_ms", updater.retry.base_ms),
      CXRELAY_SETTING(std::int64_t, "throttled_base_ms", updater.retry.throttled_base_ms),
      CXRELAY_SETTING(std::int64_t, "max_delay_ms", updater.retry.max_delay_ms),
      CXRELAY_SETTING(std::int64_t, "max_retry_after_ms", updater.retry.max_retry_after_ms),
      CXRELAY_SETTING(int, "budget_tokens", updater.retry.budget_tokens),
      CXRELAY_SETTING(int, "retry_cost", updater.retry.retry_cost),
      CXRELAY_SETTING(int, "breaker_failures", updater.breaker.failures),
      CXRELAY_SETTING(std::int64_t, "breaker_wait_ms", updater.breaker.wait_ms),
      CXRELAY_SETTING(std::int64_t, "breaker_max_wait_ms", updater.breaker.max_wait_ms),
      CXRELAY_SETTING(double, "max_requests_per_s", updater.pace.max_requests_per_s),
      CXRELAY_SETTING(bool, "adaptive_pace", updater.pace.adaptive),
      CXRELAY_SETTING(PrivacyPolicy, "privacy", privacy),
      CXRELAY_SETTING(std::size_t, "max_body_bytes", limits.max_bytes),
      CXRELAY_SETTING(std::size_t, "max_depth", limits.max_depth),
      CXRELAY_SETTING(std::size_t, "max_keys", limits.max_keys),
      {"client_authentication",
       [](RelayConfig& config, const py::handle& value) {
         config.auth.client_authentication = parse_client_authentication(value.cast<std::string>());
       }},
      {"read_back_late_ms",
       [](RelayConfig& config, const py::handle& value) {
         if (value.is_none()) return;
         config.target.read_back = interactions_read_back();
         config.target.read_back->late_ms = value.cast<std::int64_t>();
       }},
      {"fingerprint_key_file",
       [](RelayConfig& config, const py::handle& value) {
         const auto path = value.cast<std::string>();
         if (!path.empty()) config.fingerprint_key = read_privacy_key(path);
       }},
      {"base_url", [](RelayConfig&, const py::handle&) {}},  // taken first: it makes the target
  };
  return table;
}

#undef CXRELAY_SETTING

}  // namespace

RelayConfig read_settings(const py::dict& settings) {
  RelayConfig config;
  config.target = interactions_batch(
      settings.contains("base_url") ? settings["base_url"].cast<std::string>() : std::string());
  for (const auto& [key, value] : settings) {
    const auto name = key.cast<std::string>();
    const auto setter = setters().find(name);
    if (setter == setters().end()) throw ConfigError("unknown setting: " + name);
    try {
      setter->second(config, value);
    } catch (const py::cast_error&) {
      throw ConfigError("setting " + name + " has the wrong type or is out of range");
    }
  }
  return config;
}

}  // namespace cxrelay::bindings
