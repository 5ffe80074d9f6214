// The client credentials grant: one token, fetched by whoever needs it first, shared by all.
#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "auth/token_reply.hpp"
#include "auth/token_request.hpp"
#include "base/units.hpp"
#include "cxrelay/auth.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

constexpr std::int64_t kMaxMarginUs = 30 * kUsPerSecond;
constexpr std::int64_t kPauseAfterRefusalUs = 60 * kUsPerSecond;

// One token request and those who wait for it. Guarded by the provider's mutex.
struct Flight {
  bool landed = false;
  TokenOutcome outcome;
};

void wipe(std::string& secret) { ::explicit_bzero(secret.data(), secret.size()); }

class ClientCredentials final : public TokenProvider {
 public:
  ClientCredentials(AuthConfig config, TransportFactory transport, std::shared_ptr<Clock> clock)
      : config_(std::move(config)), transport_(std::move(transport)), clock_(std::move(clock)) {}
  ~ClientCredentials() override {
    wipe(config_.client_secret);
    wipe(token_);
  }
  ClientCredentials(const ClientCredentials&) = delete;
  ClientCredentials& operator=(const ClientCredentials&) = delete;

  std::string token() override;
  void reject(const std::string& token) override;

 private:
  TokenOutcome lead(const std::shared_ptr<Flight>& flight);
  TokenOutcome fetch() const;
  void land(Flight& flight, const TokenOutcome& outcome, std::int64_t asked_us);

  AuthConfig config_;
  const TransportFactory transport_;
  const std::shared_ptr<Clock> clock_;

  std::mutex mutex_;  // guards all below; never held during a request
  std::condition_variable landed_;
  std::shared_ptr<Flight> flight_;  // the request under way, if any
  std::string token_;               // empty = none
  std::int64_t usable_until_us_ = 0;
  std::string refusal_;  // why the last request was refused; empty = it was not
  std::int64_t refused_until_us_ = 0;
};

std::string result_of(const TokenOutcome& outcome) {
  if (outcome.kind == TokenOutcome::Kind::refused) throw AuthError(outcome.message);
  if (outcome.kind == TokenOutcome::Kind::no_answer) throw TransportError(outcome.message);
  return outcome.token;
}

std::string ClientCredentials::token() {
  std::unique_lock lock(mutex_);
  const std::int64_t now_us = clock_->mono_us();
  if (!token_.empty() && now_us < usable_until_us_) return token_;
  if (flight_) {
    const std::shared_ptr<Flight> flight = flight_;
    landed_.wait(lock, [&] { return flight->landed; });
    return result_of(flight->outcome);
  }
  if (!refusal_.empty() && now_us < refused_until_us_) throw AuthError(refusal_);
  const std::shared_ptr<Flight> flight = flight_ = std::make_shared<Flight>();
  lock.unlock();
  return result_of(lead(flight));
}

// Makes the request for all who wait. Whatever happens, the flight lands.
TokenOutcome ClientCredentials::lead(const std::shared_ptr<Flight>& flight) {
  const std::int64_t asked_us = clock_->mono_us();
  TokenOutcome outcome;
  try {
    outcome = fetch();
  } catch (...) {
    outcome.message = "the token request could not be made";
    land(*flight, outcome, asked_us);
    throw;
  }
  land(*flight, outcome, asked_us);
  return outcome;
}

// On a transport of its own: a transport belongs to one thread, and any thread may be the one that
// asks. A token is asked for so rarely that a kept connection would have been closed meanwhile.
TokenOutcome ClientCredentials::fetch() const {
  const std::unique_ptr<HttpTransport> transport = transport_();
  if (!transport) throw ConfigError("the transport factory gives no transport");
  return read_token_reply(perform(*transport, token_request(config_)), config_.default_lifetime_s);
}

// The lifetime counts from before the request was sent: the server's clock started after that.
void ClientCredentials::land(Flight& flight, const TokenOutcome& outcome, std::int64_t asked_us) {
  const std::lock_guard lock(mutex_);
  if (outcome.kind == TokenOutcome::Kind::token) {
    const std::int64_t lifetime_us = outcome.lifetime_s * kUsPerSecond;
    token_ = outcome.token;
    usable_until_us_ = asked_us + lifetime_us - std::min(kMaxMarginUs, lifetime_us / 2);
    refusal_.clear();
  } else if (outcome.kind == TokenOutcome::Kind::refused) {
    refusal_ = outcome.message;
    refused_until_us_ = clock_->mono_us() + kPauseAfterRefusalUs;
  }
  flight.outcome = outcome;
  flight.landed = true;
  flight_.reset();
  landed_.notify_all();
}

void ClientCredentials::reject(const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (token == token_) token_.clear();
}

}  // namespace

std::unique_ptr<TokenProvider> make_client_credentials(AuthConfig config,
                                                       TransportFactory transport,
                                                       std::shared_ptr<Clock> clock) {
  check_auth_config(config);
  if (!transport) throw ConfigError("the token provider needs a transport factory");
  if (!clock) clock = system_clock();
  return std::make_unique<ClientCredentials>(std::move(config), std::move(transport),
                                             std::move(clock));
}

}  // namespace cxrelay
