// Relay: the facade that ties event, mapping, queue, delivery and audit trail together.
//
//   cxrelay::RelayConfig config;
//   config.queue_path = "cxrelay.db";
//   config.target = cxrelay::interactions_batch(cxrelay::region_base_url("euc1"));
//   config.auth = {...};
//   cxrelay::Relay relay(config, cxrelay::Mapping::default_mapping());
//   auto result = relay.ingest(body);      // durable when it returns
//   relay.flush(30'000);
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cxrelay/audit.hpp"
#include "cxrelay/auth.hpp"
#include "cxrelay/event.hpp"
#include "cxrelay/http.hpp"
#include "cxrelay/mapping.hpp"
#include "cxrelay/privacy.hpp"
#include "cxrelay/queue.hpp"
#include "cxrelay/target.hpp"
#include "cxrelay/updater.hpp"

namespace cxrelay {

struct RelayConfig {
  std::string queue_path = "cxrelay.db";
  InputLimits limits;
  PrivacyPolicy privacy = PrivacyPolicy::default_policy();  // for what is stored as the original
  // Secret: makes the fingerprints, by which events are known again, of no use for guessing events; 16 to 4096 bytes.
  // Empty = without a key. To change it makes strangers of all events that came before. See read_privacy_key().
  std::string fingerprint_key;
  Target target;             // may stay without base_url: then only ingest works
  AuthConfig auth;           // may stay without credentials: then only ingest works
  std::string userinfo_url;  // for check_scopes(); empty = {base_url}/api/v2/oauth2/userinfo
  HttpOptions http;
  UpdaterOptions updater;
  ExportOptions audit;  // an empty path = no export
  // While start() delivers, the audit trail is exported so often; 0 = only by export_audit(). Defaults to 1 s.
  std::int64_t export_interval_ms = 1000;
  // Age at which exported records leave the queue file (Queue::retain()). 0 = never. Defaults to 7 days.
  std::int64_t retention_days = 7;
};

// The export of the audit trail.
struct AuditStats {
  std::int64_t exported_seq = 0;     // journal records up to here are on disk in the trail
  std::int64_t backlog_records = 0;  // those beyond
  std::int64_t failures = 0;         // exports of this relay that failed, since it was opened
  // Of the last one: empty = it went well; otherwise the word of a StoreErrorKind ("full"), "audit" (AuditError) or
  // "other".
  std::string last_error;
};

// A receipt, or why the event is refused (it has been recorded as a reject).
using IngestResult = std::variant<Receipt, std::vector<ErrorDetail>>;

// Thread-safe. Opens the queue file in the constructor; touches the network only in flush(), start(),
// check_scopes() and token().
class Relay {
 public:
  // Throws StoreError, ConfigError.
  Relay(RelayConfig config, Mapping mapping);
  ~Relay();  // stops sending; waits for requests in flight; exports once more if start() had been called
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Validates, maps and stores. Durable when it returns: event or reject. Throws StoreError.
  IngestResult ingest(std::string_view body);
  // The same for many, in few commits. Results in the order of `bodies`.
  std::vector<IngestResult> ingest_many(std::span<const std::string_view> bodies);

  // See Updater. Throw ConfigError while base_url or credentials are missing.
  StopReason flush(std::int64_t timeout_ms);
  // Exports the audit trail too, every export_interval_ms in a thread of its own, and calls retain() as export_audit()
  // does. An export that fails holds nothing up: audit_stats() and the log (config.updater.log) tell, and the next one
  // catches up.
  void start();
  // The export is made once more at the end.
  void stop(std::int64_t timeout_ms);
  void stop_sending(std::int64_t timeout_ms);  // the same, but the exports go on
  StopReason stop_reason() const;
  UpdaterStats updater_stats() const;

  // Appends what is new in the audit trail to config.audit.path. Waits for an export of this relay that is under way. Then
  // calls retain(), once a minute or, if that was not enough, each time; the records are exported whatever it throws.
  ExportResult export_audit();
  // `queue`: what queue().stats() says, for how far the export is.
  AuditStats audit_stats(const QueueStats& queue) const;
  // Queue::retain() for records older than config.retention_days. Ends after about `max_ms`.
  Retained retain(std::int64_t max_ms = 200);

  ScopeCheck check_scopes();
  TokenProvider& tokens();

  Queue& queue() noexcept;
  const Mapping& mapping() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cxrelay
