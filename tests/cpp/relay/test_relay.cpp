#include <gtest/gtest.h>

#include <filesystem>

#include "cxrelay/libraries.hpp"
#include "cxrelay/relay.hpp"
#include "loopback_server.hpp"
#include "relay/reject_reason.hpp"
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
  EXPECT_EQ(library_versions().size(), 5U);
}

}  // namespace
}  // namespace cxrelay::testing
