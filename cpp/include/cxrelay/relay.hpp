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
};

// A receipt, or why the event is refused (it has been recorded as a reject).
using IngestResult = std::variant<Receipt, std::vector<ErrorDetail>>;

// Thread-safe. Opens the queue file in the constructor; touches the network only in flush(), start(),
// check_scopes() and token().
class Relay {
 public:
  // Throws StoreError, ConfigError.
  Relay(RelayConfig config, Mapping mapping);
  ~Relay();  // stops sending; waits for requests in flight
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Validates, maps and stores. Durable when it returns: event or reject. Throws StoreError.
  IngestResult ingest(std::string_view body);
  // The same for many, in few commits. Results in the order of `bodies`.
  std::vector<IngestResult> ingest_many(std::span<const std::string_view> bodies);

  // See Updater. Throw ConfigError while base_url or credentials are missing.
  StopReason flush(std::int64_t timeout_ms);
  void start();
  void stop(std::int64_t timeout_ms);
  StopReason stop_reason() const;
  UpdaterStats updater_stats() const;

  // Appends what is new in the audit trail to config.audit.path.
  ExportResult export_audit();

  ScopeCheck check_scopes();
  TokenProvider& tokens();

  Queue& queue() noexcept;
  const Mapping& mapping() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cxrelay
