#include <gtest/gtest.h>

#include <filesystem>

#include "cxrelay/libraries.hpp"
#include "cxrelay/relay.hpp"
#include "fake_clock.hpp"
#include "loopback_server.hpp"
#include "relay/reject_reason.hpp"
#include "relay/retention_pace.hpp"
#include "temp_dir.hpp"

namespace cxrelay::testing {
namespace {

constexpr const char* kEvent =
    R"({"interactionId":"i-1","contactId":"c","timestamp":"2024-05-15T10:30:00Z","legacyCrmId":"CRM"})";

Answer answer(const SeenRequest& request) {
  if (request.target == "/oauth2/token") {
    return Answer::reply(200, R"({"access_token":"t","token_type":"bearer","expires_in":300})");
  }
  if (request.target == "/api/v2/oauth2/userinfo") {
    return Answer::reply(200, R"({"scope":"interaction:read"})");
  }
  return Answer::reply(200, R"({"results":[{"status":200}]})");
}

class RelayTest : public ::testing::Test {
 protected:
  RelayConfig config() const {
    RelayConfig config;
    config.queue_path = directory_.file("queue.db");
    config.audit.path = directory_.file("audit.log");
    config.target = interactions_batch(server_.url(""));
    config.auth.token_url = server_.url("/oauth2/token");
    config.auth.client_id = "id";
    config.auth.client_secret = "secret";
    return config;
  }

  TempDir directory_;
  LoopbackServer server_{answer};
};

TEST_F(RelayTest, CarriesAnEventToTheServerAndIntoTheAuditTrail) {
  Relay relay(config(), Mapping::default_mapping());
  const auto result = relay.ingest(kEvent);
  ASSERT_TRUE(std::holds_alternative<Receipt>(result));
  EXPECT_EQ(relay.flush(10'000), StopReason::idle);
  EXPECT_EQ(relay.queue().stats().completed, 1);
  EXPECT_NE(server_.requests().back().body.find(R"("crmReferenceId":"CRM")"), std::string::npos);
  EXPECT_EQ(relay.export_audit().records, 3);
  EXPECT_TRUE(verify_audit(config().audit.path).ok);
  EXPECT_TRUE(relay.queue().check().ok);
}

class OldRelayTest : public RelayTest {
 protected:
  // A queue file with events that were delivered some time ago.
  void live_through(std::size_t events, int days) {
    auto clock = std::make_shared<FakeClock>();
    clock->set_wall_us(system_clock()->wall_us() - days * 24 * 3'600'000'000);
    const auto queue = open_sqlite_queue({.path = config().queue_path}, clock);
    ASSERT_TRUE(queue->elect({}));
    std::vector<std::string> ids;
    ids.reserve(events);
    for (std::size_t i = 0; i < events; ++i) ids.push_back("i" + std::to_string(i));
    std::vector<NewUpdate> updates;
    updates.reserve(events);
    for (const auto& id : ids) {
      updates.push_back({id, id, std::ssize(updates), R"({"a":1})", R"({"a":1})", ""});
    }
    queue->put(updates);
    ClaimLimits limits;
    limits.max_updates = 100;
    for (auto claims = queue->claim(limits); !claims.empty(); claims = queue->claim(limits)) {
      Settlement done;
      done.token = claims.front().token;
      done.status = 200;
      done.outcomes.resize(claims.front().updates.size());
      queue->settle(std::span(&done, 1));
    }
  }
};

TEST_F(OldRelayTest, AnExportLetsTheQueueFileForgetWhatIsOld) {
  live_through(1500, 8);
  Relay relay(config(), Mapping::default_mapping());
  EXPECT_EQ(relay.retain().erased, 0);  // not exported yet
  const auto records = relay.export_audit().records;
  EXPECT_GT(records, 1500);
  while (relay.retain().end == RetentionEnd::limit) continue;
  EXPECT_GT(relay.queue().stats().first_seq, 500);
  EXPECT_EQ(relay.queue().stats().erased_until_seq, records);
  EXPECT_TRUE(relay.queue().check().ok);
  EXPECT_EQ(relay.export_audit().records, 0);
  EXPECT_EQ(verify_audit(config().audit.path).records, records);
}

TEST_F(OldRelayTest, KeepsWhatIsToBeKept) {
  live_through(3, 8);
  for (const std::int64_t days : {0, 9}) {
    auto settings = config();
    settings.retention_days = days;
    Relay relay(settings, Mapping::default_mapping());
    relay.export_audit();
    EXPECT_EQ(relay.retain().erased, 0);
    EXPECT_EQ(relay.queue().stats().erased_until_seq, 0);
  }
}

TEST(RetentionPace, LooksOnceAMinuteOrGoesOn) {
  RetentionPace pace;
  EXPECT_TRUE(pace.is_due(5));
  pace.ended(RetentionEnd::limit, 5);
  EXPECT_TRUE(pace.is_due(5));
  for (const RetentionEnd end : {RetentionEnd::age, RetentionEnd::export_mark, RetentionEnd::log}) {
    pace.ended(end, 5);
    EXPECT_FALSE(pace.is_due(5 + RetentionPace::kIntervalUs - 1));
    EXPECT_TRUE(pace.is_due(5 + RetentionPace::kIntervalUs));
  }
}

TEST_F(RelayTest, AnInvalidEventIsAValueAndARecord) {
  Relay relay(config(), Mapping::default_mapping());
  const std::string_view bodies[] = {kEvent, R"({"interactionId":5})", "{"};
  const auto results = relay.ingest_many(bodies);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<Receipt>(results[0]));
  EXPECT_EQ(std::get<std::vector<ErrorDetail>>(results[1]).front().type, "string_type");
  EXPECT_EQ(std::get<std::vector<ErrorDetail>>(results[2]).front().type, "json_invalid");
  EXPECT_EQ(relay.queue().stats().rejected, 2);
}

TEST_F(RelayTest, WithoutCredentialsItStillTakesEvents) {
  auto settings = config();
  settings.auth = {};
  Relay relay(settings, Mapping::default_mapping());
  EXPECT_TRUE(std::holds_alternative<Receipt>(relay.ingest(kEvent)));
  EXPECT_THROW(relay.flush(1000), ConfigError);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(RelayTest, NamesTheScopeThatIsMissing) {
  auto settings = config();
  settings.target.required_scopes = {"interaction:modify"};
  Relay relay(settings, Mapping::default_mapping());
  const auto check = relay.check_scopes();
  EXPECT_TRUE(check.reachable);
  EXPECT_EQ(check.missing, std::vector<std::string>{"interaction:modify"});
}

TEST_F(RelayTest, StoresWhatThePolicyLeavesAndKnowsTheEventAgain) {
  const std::string secret = std::string(kEvent).insert(1, R"("apiKey":"canary",)");
  auto settings = config();
  Relay relay(settings, Mapping::default_mapping());
  const auto first = std::get<Receipt>(relay.ingest(secret));
  EXPECT_EQ(std::get<Receipt>(relay.ingest(secret)).status, PutStatus::duplicate);
  settings.privacy = PrivacyPolicy::from_json(R"({"default_action":"drop"})");
  Relay stricter(settings, Mapping::default_mapping());
  EXPECT_EQ(std::get<Receipt>(stricter.ingest(secret)).seq, first.seq);
  const auto records = relay.queue().audit_source().read(0, 10);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].original, std::string(kEvent).insert(1, R"("apiKey":"***",)"));
  EXPECT_EQ(records[0].detail, R"({"privacy":{"policy":")" +
                                   PrivacyPolicy::default_policy().version() +
                                   R"(","dropped":0,"masked":1,"hashed":0}})");
}

TEST_F(RelayTest, AFingerprintKeyMakesItsEventsStrangersToOthers) {
  auto settings = config();
  Relay(settings, Mapping::default_mapping()).ingest(kEvent);
  settings.fingerprint_key = "0123456789abcdef";
  for (const auto status : {PutStatus::conflict, PutStatus::duplicate}) {
    Relay relay(settings, Mapping::default_mapping());
    EXPECT_EQ(std::get<Receipt>(relay.ingest(kEvent)).status, status);
  }
  settings.fingerprint_key = "too short";
  EXPECT_THROW(Relay(settings, Mapping::default_mapping()), ConfigError);
}

TEST(RejectReason, NamesPlacesAndTypes) {
  EXPECT_EQ(reject_reason({{"missing", {"contactId"}, "x"}, {"json_invalid", {}, "y"}}),
            "contactId: missing; (body): json_invalid");
}

TEST(Libraries, AreKnown) {
  for (const auto& [name, version] : library_versions()) EXPECT_FALSE(version.empty()) << name;
  EXPECT_EQ(library_versions().size(), 6U);
}

}  // namespace
}  // namespace cxrelay::testing
