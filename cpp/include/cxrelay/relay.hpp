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
#include "cxrelay/queue.hpp"
#include "cxrelay/target.hpp"
#include "cxrelay/updater.hpp"

namespace cxrelay {

struct RelayConfig {
  std::string queue_path = "cxrelay.db";
  InputLimits limits;
  Target target;             // may stay without base_url: then only ingest works
  AuthConfig auth;           // may stay without credentials: then only ingest works
  std::string userinfo_url;  // for check_scopes(); empty = {base_url}/api/v2/oauth2/userinfo
  HttpOptions http;
  UpdaterOptions updater;
  ExportOptions audit;  // an empty path = no export
  // Age at which exported records leave the queue file (Queue::retain()). 0 = never. Defaults to 7 days.
  std::int64_t retention_days = 7;
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

  // Appends what is new in the audit trail to config.audit.path. Then calls retain(), once a minute or, if that was not
  // enough, each time; the records are exported whatever it throws.
  ExportResult export_audit();
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
