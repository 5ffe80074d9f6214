// An HttpTransport without a network: the test is the server.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cxrelay/http.hpp"

namespace cxrelay::testing {

// A whole reply.
inline HttpReply answered(int status, std::string body = {},
                          std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {Wire::answered, status, std::move(headers), std::move(body), {}};
}
// No whole reply; `error` is a word of HttpReply::error.
inline HttpReply failed(Wire wire, std::string error) {
  return {wire, 0, {}, {}, std::move(error)};
}

// The handler is asked for each request, on the thread that calls start(). It gives the reply, or
// none to leave the request in flight until finish() is called (from any thread). Deadlines are not
// enforced: a test that wants a timeout answers failed(Wire::unknown, "timeout").
class FakeTransport final : public HttpTransport {
 public:
  using Handler = std::function<std::optional<HttpReply>(const HttpRequest&)>;

  explicit FakeTransport(Handler handler) : handler_(std::move(handler)) {}

  void start(std::uint64_t id, HttpRequest request) override {
    std::optional<HttpReply> reply = handler_(request);
    const std::lock_guard lock(mutex_);
    requests_.emplace_back(id, std::move(request));
    ++in_flight_;
    if (reply) ready_.push_back({id, std::move(*reply)});
    changed_.notify_all();
  }

  std::vector<HttpCompletion> wait(std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return woken_ || !ready_.empty(); });
    woken_ = false;
    in_flight_ -= ready_.size();
    return std::exchange(ready_, {});
  }

  void wake() override {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

  std::size_t in_flight() const override {
    const std::lock_guard lock(mutex_);
    return in_flight_;
  }

  void finish(std::uint64_t id, HttpReply reply) {
    const std::lock_guard lock(mutex_);
    ready_.push_back({id, std::move(reply)});
    changed_.notify_all();
  }

  // Every request so far with its id, in the order they were started.
  std::vector<std::pair<std::uint64_t, HttpRequest>> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  const Handler handler_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<std::pair<std::uint64_t, HttpRequest>> requests_;
  std::vector<HttpCompletion> ready_;
  std::size_t in_flight_ = 0;
  bool woken_ = false;
};

}  // namespace cxrelay::testing
