#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cxrelay/target.hpp"
#include "sample_claim.hpp"

namespace cxrelay {
namespace {

using testing::sample_claim;

HttpReply reply_with(std::string body) { return {Wire::answered, 200, {}, std::move(body), {}}; }

std::vector<int> statuses(const Claim& claim, const std::string& body) {
  std::vector<int> result;
  for (const ItemReply& item :
       decode_reply(interactions_batch("https://a.example"), claim, reply_with(body)))
    result.push_back(item.status);
  return result;
}

std::vector<int> statuses_of_three(const std::string& results) {
  return statuses(sample_claim({"a", "b", "c"}), R"({"results":)" + results + "}");
}

using Statuses = std::vector<int>;

TEST(DecodeBatch, ReadsItemsInOrder) {
  const auto replies = decode_reply(
      interactions_batch("https://a.example"), sample_claim({"a", "b"}),
      reply_with(R"({"results":[{"status":200},{"message":"no such field","status":422}]})"));
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].status, 200);
  EXPECT_EQ(replies[0].message, "");
  EXPECT_EQ(replies[1].status, 422);
  EXPECT_EQ(replies[1].message, "no such field");
}

TEST(DecodeBatch, AReplyOfAnotherShapeSaysNothing) {
  const char* bodies[] = {"",
                          "null",
                          "[]",
                          "200",
                          "\"ok\"",
                          "<html>",
                          R"({"results":null})",
                          R"({"results":{}})",
                          R"({"result":[]})",
                          R"({"results":"[]"})",
                          R"({"results":[{"status":200},{"status":200}])",
                          R"({"results":[{"status":200},{"status":200}]} x)",
                          R"({"results":[{"status":200},{"status":200}],"results":[]})",
                          R"({"results":[{"status":200,"status":500},{"status":200}]})",
                          R"({"results":[{"status":200},{"status":200}],"x":1e400})",
                          "{\"results\":[{\"status\":200,\"message\":\"\xff\"},{\"status\":200}]}",
                          R"({"results":[{"status":200,"x":NaN},{"status":200}]})"};
  for (const char* body : bodies)
    EXPECT_EQ(statuses(sample_claim({"a", "b"}), body), (Statuses{0, 0})) << body;
}

TEST(DecodeBatch, AStatusIsAnIntegerOfThreeDigits) {
  const std::pair<const char*, int> cases[] = {
      {"200", 200}, {"599", 599},   {"100", 100},
      {"99", 0},    {"600", 0},     {"-200", 0},
      {"1000", 0},  {"\"200\"", 0}, {"200.0", 0},
      {"2e2", 0},   {"null", 0},    {"true", 0},
      {"[200]", 0}, {"{}", 0},      {"200000000000000000000000000000", 0}};
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(
        statuses(sample_claim({"a"}), std::string(R"({"results":[{"status":)") + text + "}]}"),
        (Statuses{expected}))
        << text;
}

TEST(DecodeBatch, OneBadItemDoesNotSpoilTheOthers) {
  EXPECT_EQ(statuses_of_three(R"([{"status":200},{"status":"200"},{"status":503}])"),
            (Statuses{200, 0, 503}));
  EXPECT_EQ(statuses_of_three(R"([{"status":200},null,[]])"), (Statuses{200, 0, 0}));
  EXPECT_EQ(statuses_of_three(R"([{"status":200},{},{"message":"x"}])"), (Statuses{200, 0, 0}));
}

TEST(DecodeBatch, WithoutIdsAWrongCountSaysNothing) {
  EXPECT_EQ(statuses_of_three(R"([])"), (Statuses{0, 0, 0}));
  EXPECT_EQ(statuses_of_three(R"([{"status":200},{"status":200}])"), (Statuses{0, 0, 0}));
  EXPECT_EQ(statuses_of_three(R"([{"status":200},{"status":200},{"status":200},{"status":200}])"),
            (Statuses{0, 0, 0}));
}

TEST(DecodeBatch, EchoedIdsInOrder) {
  EXPECT_EQ(statuses_of_three(R"([{"id":"a","status":200},{"interactionId":"b","status":201},)"
                              R"({"status":202}])"),
            (Statuses{200, 201, 202}));
}

TEST(DecodeBatch, ShuffledItemsAreMatchedByTheirIds) {
  EXPECT_EQ(statuses_of_three(R"([{"id":"c","status":503},{"id":"a","status":200},)"
                              R"({"id":"b","status":404}])"),
            (Statuses{200, 404, 503}));
}

TEST(DecodeBatch, AShortReplyWithIdsAnswersThose) {
  EXPECT_EQ(statuses_of_three(R"([{"id":"c","status":200},{"id":"a","status":404}])"),
            (Statuses{404, 0, 200}));
}

TEST(DecodeBatch, AnIdThatContradictsMakesOrderUseless) {
  // The first item names nobody of ours, so the item without an id may be anybody's.
  EXPECT_EQ(
      statuses_of_three(R"([{"id":"x","status":200},{"status":200},{"id":"c","status":200}])"),
      (Statuses{0, 0, 200}));
}

TEST(DecodeBatch, ARepeatedIdSaysNothing) {
  EXPECT_EQ(statuses_of_three(R"([{"id":"a","status":200},{"id":"a","status":404},)"
                              R"({"id":"c","status":200}])"),
            (Statuses{0, 0, 200}));
  EXPECT_EQ(statuses_of_three(R"([{"id":"a","status":200},{"id":"a","status":200},)"
                              R"({"id":"a","status":200}])"),
            (Statuses{0, 0, 0}));
}

TEST(DecodeBatch, TwoUpdatesOfOneInteractionAreNotMatchedById) {
  EXPECT_EQ(statuses(sample_claim({"a", "a", "b"}),
                     R"({"results":[{"id":"b","status":200},{"id":"a","status":200},)"
                     R"({"id":"a","status":404}]})"),
            (Statuses{0, 0, 200}));
}

TEST(DecodeBatch, InteractionIdWinsOverId) {
  EXPECT_EQ(statuses(sample_claim({"a", "b"}),
                     R"({"results":[{"id":"r1","interactionId":"b","status":200},)"
                     R"({"id":"r2","interactionId":"a","status":404}]})"),
            (Statuses{404, 200}));
}

TEST(DecodeBatch, AnIdMayComeBackAsANumber) {
  EXPECT_EQ(statuses(sample_claim({"12", "34"}),
                     R"({"results":[{"id":34,"status":200},{"id":12,"status":404}]})"),
            (Statuses{404, 200}));
}

TEST(DecodeBatch, ReadsTheMemberThatTheTargetNames) {
  Target target = interactions_batch("https://a.example");
  target.results_member = "items";
  const auto replies =
      decode_reply(target, sample_claim({"a"}), reply_with(R"({"items":[{"status":204}]})"));
  EXPECT_EQ(replies.front().status, 204);
}

TEST(DecodeBatch, AMessageIsOneShortLine) {
  const std::string body =
      R"({"results":[{"status":400,"message":"a\nb)" + std::string(500, 'x') + R"("}]})";
  const auto replies =
      decode_reply(interactions_batch("https://a.example"), sample_claim({"a"}), reply_with(body));
  EXPECT_EQ(replies.front().message, "a b" + std::string(197, 'x'));
}

TEST(DecodeBatch, ManyKeysWithinTheReplyBoundAreRead) {
  std::string results;
  Claim claim;
  for (int i = 0; i < 300; ++i) {
    claim.updates.push_back(testing::sample_update("i" + std::to_string(i)));
    results += std::string(i == 0 ? "" : ",") + R"({"status":200,"message":"","a":1,"b":2})";
  }
  EXPECT_EQ(statuses(claim, R"({"results":[)" + results + "]}"), Statuses(300, 200));
}

// Every cut of a good reply, and every byte of it damaged: no crash, and never an answer for an
// update that the whole reply did not give.
TEST(DecodeBatch, SurvivesCutsAndDamage) {
  const std::string good =
      R"({"results":[{"id":"a","status":200,"message":"ok"},{"id":"b","status":503}]})";
  const Claim claim = sample_claim({"a", "b"});
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(statuses(claim, good.substr(0, size)), (Statuses{0, 0})) << size;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = good;
      damaged[at] = static_cast<char>(byte);
      EXPECT_EQ(statuses(claim, damaged).size(), 2U);
    }
  }
}

TEST(DecodeSingle, TheReplysStatusDecides) {
  Target target;
  target.body_shape = BodyShape::single;
  const auto replies =
      decode_reply(target, sample_claim({"a"}), {Wire::answered, 204, {}, "anything", {}});
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies.front().status, 204);
}

}  // namespace
}  // namespace cxrelay
