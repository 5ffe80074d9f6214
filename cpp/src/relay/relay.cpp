#include "cxrelay/relay.hpp"

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/ed25519.hpp"
#include "base/hmac.hpp"
#include "base/secret_text.hpp"
#include "delivery/reporter.hpp"
#include "json/write.hpp"
#include "mapping/last_parsed.hpp"
#include "privacy/key.hpp"
#include "privacy/program.hpp"
#include "relay/audit_export.hpp"
#include "relay/export_loop.hpp"
#include "relay/reject_reason.hpp"
#include "relay/retention_pace.hpp"

namespace cxrelay {
namespace {

constexpr std::int64_t kDayUs = 24 * 3'600'000'000;
constexpr std::int64_t kRetentionMs = 200;

SqliteQueueOptions queue_options(const RelayConfig& config) {
  SqliteQueueOptions options;
  options.path = config.queue_path;
  return options;
}

NewUpdate to_update(const MappedEvent& event, std::string_view body, std::string_view version) {
  NewUpdate update;
  update.idempotency_key = event.idempotency_key;
  update.interaction_id = event.interaction_id;
  update.event_time_us = event.event_time_us;
  update.original = body;
  update.mapped = event.payload;
  update.mapping_version = version;
  return update;
}

// The scopes are a server's words, and a server may repeat what it was sent.
void keep_secrets_out(ScopeCheck& check, const AuthConfig& auth, const std::string& token) {
  if (!check.scopes) return;
  const std::vector<std::string> known = secrets_of(auth);
  std::vector<std::string_view> secrets(known.begin(), known.end());
  secrets.emplace_back(token);
  for (std::string& scope : *check.scopes) scope = without_secrets(std::move(scope), secrets);
}

std::optional<HmacSha256> ready_key(std::string& key) {
  if (key.empty()) return std::nullopt;
  check_privacy_key(key);
  std::optional<HmacSha256> ready(std::in_place, key);
  wipe(key);
  return ready;
}

// What is stored of events in the place of their bytes, until it is.
class StoredForms {
 public:
  StoredForms(const PrivacyPolicy& policy, const std::optional<HmacSha256>& fingerprint_key)
      : policy_(policy), fingerprint_key_(fingerprint_key) {}

  // `event` is what `update` was made from. It stays the same event, whatever is kept of it.
  void apply(const json::Document& event, NewUpdate& update) {
    const std::string_view body = update.original;
    if (policy_.program().rewrite(event, stored_)) {
      update.identity = body;
      update.original = kept_.emplace_back(std::move(stored_.text));
      update.privacy = kept_.emplace_back(privacy::record_note(policy_.version(), stored_.counts));
    }
    if (fingerprint_key_) update.identity = kept_.emplace_back(keyed_identity(body));
  }

 private:
  std::string keyed_identity(std::string_view body) const {
    std::string minified;
    json::append_minified(minified, body);
    return to_hex(fingerprint_key_->of(minified));
  }

  const PrivacyPolicy& policy_;
  const std::optional<HmacSha256>& fingerprint_key_;
  StoredOriginal stored_;
  std::deque<std::string> kept_;
};

}  // namespace

struct Relay::Impl {
  Impl(RelayConfig settings, Mapping rules)
      : config(std::move(settings)),
        fingerprint_key(ready_key(config.fingerprint_key)),
        mapping(std::move(rules)),
        queue(open_sqlite_queue(queue_options(config))),
        exporter(queue->audit_source(), config.audit, config.updater.log),
        export_loop(exporter, config.export_interval_ms, [this] { try_retain(); }) {}

  // What the last settlements put on record is exported too.
  ~Impl() { updater.reset(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  TransportFactory transport_factory() const {
    return [options = config.http] { return make_curl_transport(options); };
  }

  void require_credentials() const {
    if (config.auth.token_url.empty()) throw ConfigError("the token URL is not set");
    if (config.auth.client_id.empty()) throw ConfigError("the client id is not set");
    if (config.auth.client_secret.empty()) throw ConfigError("the client secret is not set");
  }

  TokenProvider& token_provider() {
    const std::lock_guard lock(mutex);
    if (!tokens) {
      require_credentials();
      tokens = make_client_credentials(config.auth, transport_factory(), system_clock());
    }
    return *tokens;
  }

  Updater& sending() {
    TokenProvider& provider = token_provider();
    const std::lock_guard lock(mutex);
    if (!updater) {
      check_target(config.target);
      config.updater.secrets = secrets_of(config.auth);
      updater = make_updater(*queue, provider, config.target, transport_factory(), config.updater);
    }
    return *updater;
  }

  Updater* current_updater() const {
    const std::lock_guard lock(mutex);
    return updater.get();
  }

  void retain_if_due() {
    const std::lock_guard lock(retention_mutex);
    if (!retention_pace.is_due(system_clock()->mono_us())) return;
    retention_pace.ended(RetentionEnd::age, system_clock()->mono_us());  // if it throws
    retention_pace.ended(retain(kRetentionMs).end, system_clock()->mono_us());
  }

  // For the thread that exports: there is nobody to tell but the log, once a minute at most.
  void try_retain() noexcept {
    try {
      retain_if_due();
    } catch (const std::exception& error) {
      exporter.report("retention in the queue file failed: " + std::string(delivery::why(error)));
    }
  }

  Retained retain(std::int64_t max_ms) const {
    if (config.retention_days == 0) return {};
    RetentionLimits limits;
    limits.older_than_us = config.retention_days * kDayUs;
    limits.max_ms = max_ms;
    return queue->retain(limits);
  }

  RelayConfig config;
  std::optional<HmacSha256> fingerprint_key;
  Mapping mapping;
  std::unique_ptr<Queue> queue;
  mutable std::mutex mutex;
  std::unique_ptr<TokenProvider> tokens;  // made when first used; guarded by mutex until then
  std::unique_ptr<Updater> updater;       // the same
  std::mutex retention_mutex;
  RetentionPace retention_pace;  // guarded by retention_mutex
  AuditExport exporter;
  ExportLoop export_loop;
};

Relay::Relay(RelayConfig config, Mapping mapping)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(mapping))) {}

Relay::~Relay() = default;

IngestResult Relay::ingest(std::string_view body) {
  return std::move(ingest_many(std::span(&body, 1)).front());
}

std::vector<IngestResult> Relay::ingest_many(std::span<const std::string_view> bodies) {
  std::vector<MappedEvent> events(bodies.size());
  std::vector<std::vector<ErrorDetail>> errors(bodies.size());
  std::vector<NewUpdate> updates;
  std::vector<std::string> reasons;
  std::vector<Reject> rejects;
  StoredForms forms(impl_->config.privacy, impl_->fingerprint_key);
  updates.reserve(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (impl_->mapping.apply_json(bodies[i], impl_->config.limits, events[i], errors[i])) {
      updates.push_back(to_update(events[i], bodies[i], impl_->mapping.version()));
      forms.apply(mapping::last_parsed(), updates.back());
    } else {
      reasons.push_back(reject_reason(errors[i]));
    }
  }
  for (std::size_t i = 0, reason = 0; i < bodies.size(); ++i) {
    if (!errors[i].empty()) rejects.push_back({bodies[i], reasons[reason++]});
  }

  impl_->queue->put_rejects(rejects);
  auto receipts = impl_->queue->put(updates);

  std::vector<IngestResult> results;
  results.reserve(bodies.size());
  auto receipt = receipts.begin();
  for (auto& details : errors) {
    if (details.empty()) {
      results.emplace_back(std::move(*receipt++));
    } else {
      results.emplace_back(std::move(details));
    }
  }
  return results;
}

StopReason Relay::flush(std::int64_t timeout_ms) { return impl_->sending().flush(timeout_ms); }

void Relay::start() {
  impl_->sending().start();
  impl_->export_loop.start();
}

void Relay::stop(std::int64_t timeout_ms) {
  stop_sending(timeout_ms);
  impl_->export_loop.stop();
}

void Relay::stop_sending(std::int64_t timeout_ms) {
  if (Updater* updater = impl_->current_updater()) updater->stop(timeout_ms);
}

StopReason Relay::stop_reason() const {
  const Updater* updater = impl_->current_updater();
  return updater != nullptr ? updater->stop_reason() : StopReason::none;
}

UpdaterStats Relay::updater_stats() const {
  const Updater* updater = impl_->current_updater();
  if (updater != nullptr) return updater->stats();
  UpdaterStats none;
  none.target.retry_tokens = impl_->config.updater.retry.budget_tokens;
  none.target.requests_per_s = impl_->config.updater.pace.max_requests_per_s;
  none.target.batch_updates = impl_->config.target.max_updates;
  return none;
}

ExportResult Relay::export_audit() {
  auto result = impl_->exporter.run();
  impl_->retain_if_due();
  return result;
}

AuditStats Relay::audit_stats(const QueueStats& queue) const {
  return impl_->exporter.stats(queue);
}

Retained Relay::retain(std::int64_t max_ms) { return impl_->retain(max_ms); }

ScopeCheck Relay::check_scopes() {
  const auto& config = impl_->config;
  const auto url = !config.userinfo_url.empty()
                       ? config.userinfo_url
                       : config.target.base_url + "/api/v2/oauth2/userinfo";
  TokenProvider& provider = impl_->token_provider();
  const auto transport = make_curl_transport(config.http);
  ScopeCheck check =
      cxrelay::check_scopes(url, config.target.required_scopes, provider, *transport);
  keep_secrets_out(check, config.auth, check.scopes ? provider.token() : std::string());
  return check;
}

TokenProvider& Relay::tokens() { return impl_->token_provider(); }

Queue& Relay::queue() noexcept { return *impl_->queue; }

const Mapping& Relay::mapping() const noexcept { return impl_->mapping; }

}  // namespace cxrelay
