// What the updater's tests share: a stand-in for the token endpoint, replies to a batch, a captured
// log.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cxrelay/updater.hpp"
#include "fake_clock.hpp"
#include "fake_queue.hpp"
#include "fake_random.hpp"
#include "fake_transport.hpp"

namespace cxrelay::testing {

// Gives "token-1" until that is rejected, then "token-2", and so on.
class StubTokens final : public TokenProvider {
 public:
  std::string token() override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    if (before_) before_();
    return "token-" + std::to_string(number_);
  }
  void reject(const std::string& token) override {
    const std::lock_guard lock(mutex_);
    ++rejected_;
    if (token == "token-" + std::to_string(number_)) ++number_;
  }
  // Called by token(); may throw.
  void set_before(std::function<void()> before) {
    const std::lock_guard lock(mutex_);
    before_ = std::move(before);
  }
  int asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  int rejected() const {
    const std::lock_guard lock(mutex_);
    return rejected_;
  }

 private:
  mutable std::mutex mutex_;
  std::function<void()> before_;
  int number_ = 1;
  int asked_ = 0;
  int rejected_ = 0;
};

// The interaction ids of a batch request's body, in order.
inline std::vector<std::string> ids_in(const std::string& body) {
  static const std::string kMark = R"("path":"/api/v2/interactions/)";
  std::vector<std::string> ids;
  for (std::size_t at = body.find(kMark); at != std::string::npos; at = body.find(kMark, at)) {
    at += kMark.size();
    ids.push_back(body.substr(at, body.find('"', at) - at));
  }
  return ids;
}

using StatusOf = std::function<int(const std::string& id)>;
inline int always_200(const std::string&) { return 200; }

inline std::string batch_reply(const std::string& request_body,
                               const StatusOf& status_of = always_200) {
  std::string results;
  for (const std::string& id : ids_in(request_body))
    results += std::string(results.empty() ? "" : ",") + R"({"status":)" +
               std::to_string(status_of(id)) + "}";
  return R"({"results":[)" + results + "]}";
}

inline HttpReply all_done(const HttpRequest& request) {
  return answered(200, batch_reply(request.body));
}

class UpdaterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options.retry.base_ms = 1;
    options.retry.throttled_base_ms = 1;
    options.breaker.wait_ms = 1;
    options.breaker.max_wait_ms = 4;
    options.max_in_flight = 4;
    options.log = [this](const LogLine& line) {
      const std::lock_guard lock(log_mutex_);
      log_.push_back(line.message);
    };
  }
  void TearDown() override {
    updater.reset();
    if (!queue) return;
    EXPECT_EQ(queue->violations(), std::vector<std::string>{});
  }

  // Uses a clock that stands still until the test moves it.
  void use_fake_clock() {
    fake_clock = std::make_shared<FakeClock>();
    clock = fake_clock;
  }
  void make_queue() { queue = std::make_unique<FakeQueue>(clock); }

  // An updater whose server is `handler`.
  void make(FakeTransport::Handler handler) {
    make_with([this, handler = std::move(handler)] {
      auto made = std::make_unique<FakeTransport>(handler);
      transport = made.get();
      return made;
    });
  }
  void make_with(TransportFactory factory) {
    if (!queue) make_queue();
    updater = make_updater(*queue, tokens, target, std::move(factory), options, clock, random);
  }

  std::vector<std::string> log() const {
    const std::lock_guard lock(log_mutex_);
    return log_;
  }
  std::size_t log_lines_with(const std::string& text) const {
    std::size_t count = 0;
    for (const std::string& line : log()) count += line.find(text) != std::string::npos;
    return count;
  }
  std::size_t completed() const { return queue->count(State::completed); }

  Target target = interactions_batch("https://a.example");
  UpdaterOptions options;
  StubTokens tokens;
  std::shared_ptr<Clock> clock = system_clock();
  std::shared_ptr<FakeClock> fake_clock;
  std::shared_ptr<FakeRandom> random = std::make_shared<FakeRandom>();
  std::unique_ptr<FakeQueue> queue;
  FakeTransport* transport = nullptr;
  std::unique_ptr<Updater> updater;

 private:
  mutable std::mutex log_mutex_;
  std::vector<std::string> log_;
};

}  // namespace cxrelay::testing
