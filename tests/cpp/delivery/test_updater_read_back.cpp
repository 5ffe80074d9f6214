// The updater looks before it sends again what may have been applied.
#include <set>

#include "updater_fixture.hpp"

namespace cxrelay::testing {
namespace {

class ReadBackTest : public UpdaterTest {
 protected:
  void SetUp() override {
    UpdaterTest::SetUp();
    target.idempotent = false;
    target.read_back = interactions_read_back();
    target.read_back->late_ms = 0;
    target.timeout_ms = 1;
    options.breaker.failures = 0;
  }

  // A target whose first `lost` replies to a PATCH get lost, after it was applied or before.
  void serve(int lost, bool applies) {
    make([this, lost, applies](const HttpRequest& request) -> std::optional<HttpReply> {
      if (request.method == "GET") return look(request);
      ++patches;
      const bool is_lost = patches <= lost;
      if (!is_lost || applies)
        for (const std::string& id : ids_in(request.body)) written.insert(id);
      if (is_lost) return failed(Wire::unknown, "reset");
      return all_done(request);
    });
  }
  HttpReply look(const HttpRequest& request) {
    ++looks;
    if (look_reply) return *look_reply;
    const std::string id = request.url.substr(request.url.rfind('/') + 1);
    return answered(200, written.contains(id) ? R"({"a":1})" : "{}");
  }

  // Touched by the sender's thread, which has ended when flush() returns.
  int patches = 0;
  int looks = 0;
  std::set<std::string> written;
  std::optional<HttpReply> look_reply;
};

TEST_F(ReadBackTest, CompletesWhatHadBeenAppliedWithoutSendingItAgain) {
  serve(1, true);
  queue->add_many(3);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 3U);
  EXPECT_EQ(patches, 1);
  EXPECT_EQ(looks, 3);
  EXPECT_EQ(queue->requests_sent(), 1U);  // a look is not an attempt
  EXPECT_EQ(queue->settlements().back().read_back.size(), 3U);
}

TEST_F(ReadBackTest, SendsWhatHadNotBeenAppliedOnceMore) {
  serve(1, false);
  queue->add_many(3);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 3U);
  EXPECT_EQ(patches, 2);
  EXPECT_EQ(looks, 3);
  const Settlement last = queue->settlements().back();
  EXPECT_TRUE(last.sent);
  ASSERT_EQ(last.read_back.size(), 3U);
  EXPECT_EQ(last.read_back.front().found, "it had not been applied");
}

TEST_F(ReadBackTest, ParksWhatNoLookCanTell) {
  look_reply = answered(404);
  serve(1, true);
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(queue->count(State::parked), 1U);
  EXPECT_EQ(queue->update(1).last.reason, "read back: HTTP 404");
  EXPECT_EQ(patches, 1);
}

TEST_F(ReadBackTest, AnIdempotentTargetIsThenSentToAsBefore) {
  target.idempotent = true;
  look_reply = answered(404);
  serve(1, true);
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
  EXPECT_EQ(patches, 2);
}

TEST_F(ReadBackTest, WithoutALookNothingIsSentAgain) {
  target.read_back.reset();
  serve(1, true);
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(queue->count(State::parked), 1U);
  EXPECT_EQ(looks, 0);
}

TEST_F(ReadBackTest, AThrottledLookClosesTheGateAndIsTakenAgain) {
  int asked = 0;
  make([&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.method == "PATCH")
      return ++patches == 1 ? failed(Wire::unknown, "reset") : all_done(request);
    return ++asked == 1 ? answered(429, "", {{"retry-after", "0"}}) : answered(200, "{}");
  });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(patches, 2);
  EXPECT_EQ(queue->update(1).update.attempts, 2);
}

TEST_F(ReadBackTest, ARefusedTokenIsFetchedAnew) {
  make([&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.method == "PATCH")
      return ++patches == 1 ? failed(Wire::unknown, "reset") : all_done(request);
    ++looks;
    const bool fresh = request.headers.back() == "Authorization: Bearer token-2";
    return fresh ? answered(200, "{}") : answered(401);
  });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
  EXPECT_EQ(looks, 2);
  EXPECT_EQ(tokens.rejected(), 1);
}

// With an empty bucket one retry a second may go: a look must not use that up for its own request.
TEST_F(ReadBackTest, ALookTakesNothingFromTheRetryBudget) {
  options.retry.budget_tokens = 1;
  options.retry.retry_cost = 5;
  serve(1, false);
  queue->add("a");
  EXPECT_EQ(updater->flush(10'000), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
  EXPECT_EQ(looks, 1);
}

TEST_F(ReadBackTest, AStopDuringALookGivesTheClaimBackUnsent) {
  make([&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.method == "GET") return std::nullopt;
    return failed(Wire::unknown, "reset");
  });
  queue->add("a");
  updater->start();
  ASSERT_TRUE(queue->wait_until([&] { return transport->requests().size() == 2; }));
  updater->stop(0);
  EXPECT_EQ(queue->requests_sent(), 1U);
  EXPECT_EQ(queue->update(1).state, State::pending);
  EXPECT_EQ(queue->update(1).last.outcome, Outcome::released);
  EXPECT_EQ(queue->update(1).update.attempts, 1);
}

}  // namespace
}  // namespace cxrelay::testing
