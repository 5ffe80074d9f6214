// HttpTransport on libcurl's multi interface: all transfers run on the thread that calls wait().
#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cxrelay/errors.hpp"
#include "cxrelay/http.hpp"
#include "http/curl_handles.hpp"
#include "http/request_check.hpp"
#include "http/transfer.hpp"

namespace cxrelay {
namespace {

using Milliseconds = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kNever = SteadyClock::time_point::max();

void check_ca_file(const std::string& path) {
  if (path.empty()) return;
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) throw ConfigError("the CA file cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str().find("-----BEGIN ") == std::string::npos)
    throw ConfigError("the CA file holds no certificate in PEM form");
}

void check(CURLMcode code) {
  if (code != CURLM_OK) throw Error(std::string("libcurl: ") + curl_multi_strerror(code));
}

class CurlTransport final : public HttpTransport {
 public:
  explicit CurlTransport(const HttpOptions& options);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void start(std::uint64_t id, HttpRequest request) override;
  std::vector<HttpCompletion> wait(Milliseconds timeout) override;
  void wake() override;
  std::size_t in_flight() const override { return active_.size(); }

 private:
  std::unique_ptr<Transfer> idle_transfer();
  void finish(CURL* handle, CURLcode result, std::vector<HttpCompletion>& done);
  void put_aside(std::size_t slot);
  void run(std::vector<HttpCompletion>& done);
  void end_overdue(std::vector<HttpCompletion>& done);
  void poll(SteadyClock::time_point deadline);

  const HttpOptions options_;
  const MultiHandle multi_;
  std::vector<std::unique_ptr<Transfer>> active_;
  std::vector<std::unique_ptr<Transfer>> idle_;
  SteadyClock::time_point next_check_ = kNever;  // no deadline of an active transfer is before it
  std::atomic<bool> woken_{false};
};

CurlTransport::CurlTransport(const HttpOptions& options) : options_(options), multi_(new_multi()) {
  const long connections = static_cast<long>(options.max_connections);
  set_option(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
  set_option(multi_.get(), CURLMOPT_MAXCONNECTS, connections);
  set_option(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
}

CurlTransport::~CurlTransport() {
  for (const auto& transfer : active_) curl_multi_remove_handle(multi_.get(), transfer->handle());
}

void CurlTransport::start(std::uint64_t id, HttpRequest request) {
  check_request(request);
  std::unique_ptr<Transfer> transfer = idle_transfer();
  transfer->begin(id, std::move(request));
  transfer->slot = active_.size();
  next_check_ = std::min(next_check_, transfer->deadline());
  active_.push_back(std::move(transfer));
  const CURLMcode code = curl_multi_add_handle(multi_.get(), active_.back()->handle());
  if (code == CURLM_OK) return;
  active_.pop_back();
  check(code);
}

std::unique_ptr<Transfer> CurlTransport::idle_transfer() {
  if (idle_.empty()) return std::make_unique<Transfer>(options_);
  std::unique_ptr<Transfer> transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

// Takes a finished transfer out of the active ones; the last one moves into its place.
void CurlTransport::put_aside(std::size_t slot) {
  std::unique_ptr<Transfer> transfer = std::move(active_[slot]);
  if (slot + 1 != active_.size()) {
    active_[slot] = std::move(active_.back());
    active_[slot]->slot = slot;
  }
  active_.pop_back();
  if (transfer->reusable()) idle_.push_back(std::move(transfer));
}

void CurlTransport::run(std::vector<HttpCompletion>& done) {
  int running = 0;
  check(curl_multi_perform(multi_.get(), &running));
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result, done);
  }
}

void CurlTransport::finish(CURL* handle, CURLcode result, std::vector<HttpCompletion>& done) {
  check(curl_multi_remove_handle(multi_.get(), handle));
  Transfer& transfer = Transfer::of(handle);
  done.push_back(transfer.finish(result));
  put_aside(transfer.slot);
}

// Deadlines are kept here: libcurl 7.88 forgets that of a transfer that waits for a connection.
void CurlTransport::end_overdue(std::vector<HttpCompletion>& done) {
  const auto now = SteadyClock::now();
  if (now < next_check_) return;
  for (std::size_t slot = active_.size(); slot-- > 0;) {
    if (active_[slot]->deadline() <= now)
      finish(active_[slot]->handle(), CURLE_OPERATION_TIMEDOUT, done);
  }
  next_check_ = kNever;
  for (const auto& transfer : active_) next_check_ = std::min(next_check_, transfer->deadline());
}

void CurlTransport::poll(SteadyClock::time_point deadline) {
  // Rounded up, so that the last stretch is waited for and not spun through.
  const auto left = std::chrono::ceil<Milliseconds>(deadline - SteadyClock::now()).count();
  const auto ms = std::clamp<std::int64_t>(left, 0, 60'000);
  check(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(ms), nullptr));
}

std::vector<HttpCompletion> CurlTransport::wait(Milliseconds timeout) {
  const auto deadline = SteadyClock::now() +
                        std::clamp<Milliseconds>(timeout, Milliseconds{0}, std::chrono::hours(24));
  std::vector<HttpCompletion> done;
  while (true) {
    run(done);
    end_overdue(done);
    if (woken_.exchange(false) || !done.empty() || SteadyClock::now() >= deadline) return done;
    poll(std::min(deadline, next_check_));
  }
}

void CurlTransport::wake() {
  woken_.store(true);
  curl_multi_wakeup(multi_.get());
}

}  // namespace

std::unique_ptr<HttpTransport> make_curl_transport(const HttpOptions& options) {
  if (options.max_connections < 1 || options.max_connections > 10'000)
    throw ConfigError("max_connections must be from 1 to 10000");
  check_ca_file(options.ca_file);
  return std::make_unique<CurlTransport>(options);
}

}  // namespace cxrelay
