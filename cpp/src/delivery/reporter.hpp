// The updater's log lines: counts, statuses and reasons of our own, never a value that came from
// outside (P11). Each trouble is told once, and once more when it is over. Thread-safe.
#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/http.hpp"
#include "cxrelay/queue.hpp"
#include "cxrelay/target.hpp"
#include "cxrelay/updater.hpp"

namespace cxrelay::delivery {

// What may be told of an exception: ours hold no value and no secret, of others nobody knows.
std::string_view why(const std::exception& error) noexcept;

class Reporter {
 public:
  Reporter(const Target& target, LogSink sink);

  void standing_by() const;
  void unreachable(const HttpReply& reply) const;
  void throttled(int status, std::int64_t pause_ms) const;
  void breaker_opened() const;
  void recovered() const;
  void token_rejected() const;
  void client_refused(int status) const;
  void no_token(std::string_view why) const;
  void credentials_refused(std::string_view why) const;
  void store_trouble(std::string_view why, std::size_t settlements);
  void store_recovered();
  void unsettled(std::size_t settlements) const;
  void fenced() const;
  void failed(std::string_view why) const;

  // Counts what will not be sent again; told at most once a second, or by flush_losses().
  void add_losses(const Settlement& settlement);
  void flush_losses(std::int64_t now_mono_us, bool now = false);

 private:
  struct Losses {
    std::int64_t dead = 0;
    std::int64_t parked = 0;
    int last_status = 0;
  };

  void log(int level, std::string message) const noexcept;

  const std::string name_;
  const std::vector<std::string> scopes_;
  const LogSink sink_;
  std::mutex mutex_;  // guards all below
  Losses losses_;
  std::int64_t told_us_ = INT64_MIN;
  bool store_trouble_told_ = false;
};

}  // namespace cxrelay::delivery
