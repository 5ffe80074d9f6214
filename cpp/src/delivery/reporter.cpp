#include "delivery/reporter.hpp"

#include <algorithm>
#include <utility>

#include "cxrelay/errors.hpp"

namespace cxrelay::delivery {
namespace {

constexpr int kInfo = 20;
constexpr int kWarning = 30;
constexpr int kError = 40;
constexpr std::int64_t kLossesEveryUs = 1'000'000;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::string_view why(const std::exception& error) noexcept {
  if (dynamic_cast<const Error*>(&error) != nullptr) return error.what();
  return "unexpected error";
}

Reporter::Reporter(const Target& target, LogSink sink)
    : name_("target '" + target.name + "'"),
      scopes_(target.required_scopes),
      sink_(std::move(sink)) {}

// A sink that throws must not take a thread down.
void Reporter::log(int level, std::string message) const noexcept {
  if (!sink_) return;
  try {
    sink_({level, std::move(message)});
  } catch (...) {  // NOLINT(bugprone-empty-catch): there is nowhere left to report to
  }
}

void Reporter::standing_by() const {
  log(kInfo, "another process delivers this queue; standing by");
}

void Reporter::unreachable(const HttpReply& reply) const {
  log(kWarning, name_ + " cannot be reached (" + reply.error + "); backing off");
}

void Reporter::throttled(int status, std::int64_t pause_ms) const {
  log(kWarning, name_ + " is throttling (HTTP " + std::to_string(status) + "); pausing for " +
                    std::to_string(pause_ms) + " ms");
}

void Reporter::breaker_opened() const {
  log(kWarning, name_ + " fails; only single updates are sent until it works again");
}

void Reporter::recovered() const { log(kInfo, name_ + " answers again"); }

void Reporter::token_rejected() const {
  log(kWarning, name_ + " refused the token (HTTP 401); fetching another one");
}

void Reporter::client_refused(int status) const {
  std::string message = name_ + " refused the client (HTTP " + std::to_string(status) + "): ";
  if (status == 401) {
    message += "a fresh token was refused too";
  } else {
    message += scopes_.empty() ? "a permission is missing"
                               : "check that it was granted the scope " + joined(scopes_);
  }
  log(kError, message + "; sending has stopped, nothing is lost");
}

void Reporter::no_token(std::string_view why) const {
  log(kWarning, "no token: " + std::string(why) + "; backing off");
}

void Reporter::credentials_refused(std::string_view why) const {
  log(kError, "no token: " + std::string(why) + "; sending has stopped, nothing is lost");
}

void Reporter::store_trouble(std::string_view why, std::size_t settlements) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(store_trouble_told_, true)) return;
  }
  log(kError, "the queue cannot be written: " + std::string(why) + "; " +
                  std::to_string(settlements) + " answers wait to be recorded, trying again");
}

void Reporter::store_recovered() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(store_trouble_told_, false)) return;
  }
  log(kInfo, "the queue can be written again");
}

void Reporter::unsettled(std::size_t settlements) const {
  log(kError, std::to_string(settlements) +
                  " answers could not be recorded; those requests count as unknown");
}

void Reporter::fenced() const {
  log(kError, "another process has taken over this queue; sending has stopped");
}

void Reporter::failed(std::string_view why) const {
  log(kError, "sending has stopped: " + std::string(why));
}

void Reporter::add_losses(const Settlement& settlement) {
  const std::lock_guard lock(mutex_);
  for (const UpdateOutcome& outcome : settlement.outcomes) {
    if (outcome.outcome == Outcome::dead) ++losses_.dead;
    if (outcome.outcome == Outcome::parked) ++losses_.parked;
    if (outcome.outcome == Outcome::dead || outcome.outcome == Outcome::parked)
      losses_.last_status = outcome.status;
  }
}

void Reporter::flush_losses(std::int64_t now_mono_us, bool now) {
  Losses losses;
  {
    const std::lock_guard lock(mutex_);
    if (losses_.dead + losses_.parked == 0) return;
    if (!now && told_us_ != INT64_MIN && now_mono_us - told_us_ < kLossesEveryUs) return;
    told_us_ = now_mono_us;
    losses = std::exchange(losses_, {});
  }
  std::string message;
  if (losses.dead > 0) message = std::to_string(losses.dead) + " updates are dead";
  if (losses.parked > 0)
    message += (message.empty() ? "" : ", ") + std::to_string(losses.parked) + " are parked";
  if (losses.last_status > 0) message += "; last answer HTTP " + std::to_string(losses.last_status);
  log(kWarning, message + "; an operator can retry them");
}

}  // namespace cxrelay::delivery
