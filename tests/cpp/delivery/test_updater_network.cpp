// The updater with the real transport against a server on loopback: what the server saw is what was
// recorded.
#include <sys/socket.h>

#include <mutex>
#include <set>

#include "loopback_server.hpp"
#include "updater_fixture.hpp"

namespace cxrelay::testing {
namespace {

class NetworkTest : public UpdaterTest {
 protected:
  void serve(LoopbackServer::Script script) {
    server = std::make_unique<LoopbackServer>(std::move(script));
    target = interactions_batch(server->url(""));
    make_with([] { return make_curl_transport(); });
  }
  void TearDown() override {
    UpdaterTest::TearDown();
    if (!server) return;
    EXPECT_EQ(server->requests().size(), queue->requests_sent());  // P3
  }
  // Every key that the server saw, for each interaction: never more than one.
  void expect_one_key_each() const {
    std::map<std::string, std::set<std::string>> keys;
    for (const SeenRequest& request : server->requests()) {
      const std::vector<std::string> ids = ids_in(request.body);
      std::size_t at = 0;
      for (const std::string& id : ids) {
        at = request.body.find(R"("idempotencyKey":")", at) + 18;
        keys[id].insert(request.body.substr(at, request.body.find('"', at) - at));
      }
    }
    for (const auto& [id, seen] : keys) EXPECT_EQ(seen.size(), 1U) << id;
  }

  std::unique_ptr<LoopbackServer> server;
};

Answer done(const SeenRequest& request) { return Answer::reply(200, batch_reply(request.body)); }

TEST_F(NetworkTest, DeliversEverything) {
  serve(done);
  queue->add_many(1000);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1000U);
  EXPECT_EQ(server->requests().size(), 40U);
  EXPECT_LE(server->connections(), 4U);
  EXPECT_EQ(server->requests().front().header("authorization"), "Bearer token-1");
  EXPECT_EQ(server->requests().front().header("content-type"), "application/json");
}

TEST_F(NetworkTest, ComesBackAfterThrottling) {
  serve([](const SeenRequest& request) {
    return request.number <= 2 ? Answer::reply(429, "", "Retry-After: 0\r\n") : done(request);
  });
  queue->add_many(100);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 100U);
  EXPECT_GE(updater->stats().throttled, 1);
  expect_one_key_each();
}

TEST_F(NetworkTest, OutlivesServerTrouble) {
  serve([](const SeenRequest& request) {
    static constexpr int kTrouble[] = {500, 502, 503, 504, 408, 425, 529};
    return request.number <= 7 ? Answer::reply(kTrouble[request.number - 1]) : done(request);
  });
  queue->add_many(60);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 60U);
  expect_one_key_each();
}

TEST_F(NetworkTest, RepliesThatDoNotArriveWholeAreSentAgainWithTheSameKey) {
  serve([](const SeenRequest& request) {
    const Answer whole = done(request);
    switch (request.number) {
      case 1:
        return Answer::hang_up();
      case 2:
        return Answer::reset_connection();
      case 3:
        return Answer::cut(whole, 20);
      case 4:
        return Answer::cut(whole, whole.bytes.size() - 1);
      case 5:
        return Answer::reply(200, "{}");
      default:
        return whole;
    }
  });
  queue->add_many(10);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 10U);
  EXPECT_EQ(queue->update(1).update.attempts, 6);
  expect_one_key_each();
}

TEST_F(NetworkTest, OrAreParkedWhereTwiceIsNotOnce) {
  serve([](const SeenRequest& request) {
    return request.number == 1 ? Answer::cut(done(request), 30) : done(request);
  });
  target.idempotent = false;
  make_with([] { return make_curl_transport(); });
  queue->add_many(3);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(queue->count(State::parked), 3U);
  EXPECT_EQ(server->requests().size(), 1U);
}

TEST_F(NetworkTest, AServerThatNeverAnswersIsUnknown) {
  serve([](const SeenRequest& request) {
    return request.number == 1 ? Answer::never() : done(request);
  });
  target.timeout_ms = 200;
  make_with([] { return make_curl_transport(); });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 1U);
  EXPECT_EQ(queue->settlements().front().error_class, "UNKNOWN");
  EXPECT_EQ(queue->settlements().front().outcomes.front().reason, "no whole answer: timeout");
}

TEST_F(NetworkTest, ItemsFailOneByOne) {
  std::mutex mutex;
  std::map<std::string, int> seen;
  serve([&](const SeenRequest& request) {
    return Answer::reply(200, batch_reply(request.body, [&](const std::string& id) {
                           const std::lock_guard lock(mutex);
                           const int times = ++seen[id];
                           if (id == "int-0") return 404;
                           if (id == "int-1") return times < 3 ? 500 : 200;
                           if (id == "int-2") return times < 2 ? 429 : 204;
                           if (id == "int-3") return times < 2 ? 401 : 200;
                           return 202;
                         }));
  });
  queue->add_many(25);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 24U);
  EXPECT_EQ(queue->update(1).state, State::dead);
  EXPECT_EQ(queue->update(1).last.reason, "HTTP 404");
  const std::map<std::string, int> sends = [&] {
    const std::lock_guard lock(mutex);
    return seen;
  }();
  EXPECT_EQ(sends.at("int-0"), 1);
  EXPECT_EQ(sends.at("int-1"), 3);
  EXPECT_EQ(sends.at("int-2"), 2);
  EXPECT_EQ(sends.at("int-4"), 1);
}

bool holds(const SeenRequest& request, const std::set<std::string>& poison) {
  for (const std::string& id : ids_in(request.body))
    if (poison.contains(id)) return true;
  return false;
}

// G15: a poison item is found at every place of a batch in at most 2 * ceil(log2 25) + 1 sends.
TEST_F(NetworkTest, FindsAPoisonItemAtEveryPlace) {
  std::mutex mutex;
  std::set<std::string> poison;
  serve([&](const SeenRequest& request) {
    const std::lock_guard lock(mutex);
    return holds(request, poison) ? Answer::reply(400, R"({"message":"bad attribute"})")
                                  : done(request);
  });
  std::size_t before = 0;
  for (int place = 0; place < 25; ++place) {
    std::vector<NewUpdate> updates;
    std::vector<std::string> ids;
    for (int i = 0; i < 25; ++i)
      ids.push_back("r" + std::to_string(place) + "-" + std::to_string(i));
    for (const std::string& id : ids) {
      NewUpdate update;
      update.interaction_id = id;
      update.idempotency_key = id;
      update.mapped = "{}";
      updates.push_back(update);
    }
    {
      const std::lock_guard lock(mutex);
      poison = {ids[static_cast<std::size_t>(place)]};
    }
    const auto receipts = queue->put(updates);
    ASSERT_EQ(updater->flush(-1), StopReason::idle);
    const auto bad = queue->update(receipts[static_cast<std::size_t>(place)].seq);
    EXPECT_EQ(bad.state, State::dead);
    EXPECT_EQ(bad.last.reason, "HTTP 400: bad attribute");
    EXPECT_EQ(queue->count(State::dead), static_cast<std::size_t>(place + 1));
    const std::size_t sends = server->requests().size() - before;
    EXPECT_LE(sends, 11U) << place;
    before += sends;
  }
  EXPECT_EQ(completed(), 25U * 24);
}

TEST_F(NetworkTest, BatchesShrinkForAServerThatTakesFewerUpdates) {
  serve([](const SeenRequest& request) {
    return ids_in(request.body).size() > 10 ? Answer::reply(413) : done(request);
  });
  queue->add_many(2'000);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 2'000U);
  EXPECT_LE(updater->stats().target.batch_updates, 12U);
  // 200 requests of 10 would be the least. Without shrinking, 80 of 25 are refused, and then their
  // halves.
  EXPECT_LE(updater->stats().split, 40);
  EXPECT_LE(server->requests().size(), 450U);
  EXPECT_EQ(queue->update(1).update.attempts, 1);
}

TEST_F(NetworkTest, FindsSeveralPoisonItems) {
  serve([](const SeenRequest& request) {
    return holds(request, {"int-3", "int-4", "int-17", "int-40"}) ? Answer::reply(422)
                                                                  : done(request);
  });
  queue->add_many(50);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 46U);
  EXPECT_EQ(queue->count(State::dead), 4U);
}

TEST_F(NetworkTest, A401OnTheWireCostsOneMoreRequest) {
  serve([](const SeenRequest& request) {
    return request.header("authorization") == "Bearer token-1" ? Answer::reply(401) : done(request);
  });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(server->requests().size(), 2U);
  EXPECT_EQ(completed(), 1U);
}

TEST_F(NetworkTest, RedirectsAreNotFollowed) {
  serve([](const SeenRequest&) {
    return Answer::reply(307, "", "Location: http://127.0.0.1:1/elsewhere\r\n");
  });
  queue->add("a");
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(server->requests().size(), 1U);
  EXPECT_EQ(queue->update(1).state, State::dead);
}

TEST_F(NetworkTest, AnUnreachablePortIsNotSent) {
  std::string url;
  {
    LoopbackServer gone(done);
    url = gone.url("");
  }
  use_fake_clock();
  target = interactions_batch(url);
  make_with([] { return make_curl_transport(); });
  queue->add_many(100);
  EXPECT_EQ(updater->flush(100), StopReason::timeout);
  ASSERT_TRUE(queue->wait_until([&] { return updater->stats().not_sent > 0; }));
  updater->stop(-1);
  EXPECT_EQ(queue->count(State::pending), 100U);
  EXPECT_EQ(queue->update(1).update.attempts, 0);
  EXPECT_EQ(queue->requests_sent(), 0U);
}

TEST_F(NetworkTest, ASingleTargetSendsOneByOne) {
  serve([](const SeenRequest& request) {
    return Answer::reply(request.target.ends_with("int-2") ? 409 : 204);
  });
  target.name = "contacts";
  target.body_shape = BodyShape::single;
  target.method = "PUT";
  target.path = "/contacts/{interaction_id}";
  target.max_updates = 1;
  target.idempotency_header = "Idempotency-Key";
  make_with([] { return make_curl_transport(); });
  queue->add_many(5);
  EXPECT_EQ(updater->flush(-1), StopReason::idle);
  EXPECT_EQ(completed(), 4U);
  EXPECT_EQ(queue->update(3).state, State::dead);
  for (const SeenRequest& request : server->requests()) {
    EXPECT_EQ(request.method, "PUT");
    EXPECT_EQ(request.body, R"({"a":1})");
    EXPECT_TRUE(request.header("idempotency-key").starts_with("int-"));
  }
}

}  // namespace
}  // namespace cxrelay::testing
