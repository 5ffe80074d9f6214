#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "cxrelay/target.hpp"

namespace cxrelay {
namespace {

TEST(RegionBaseUrl, TakesOnlyPlainRegions) {
  EXPECT_EQ(region_base_url("euc1"), "https://euc1.nice.incontact.com");
  EXPECT_EQ(region_base_url("a-2"), "https://a-2.nice.incontact.com");
  for (const char* region : {"", "a", "EUC1", "evil.example/x?", "a b", "e\xc3\xa9u", "a@b", "a:1",
                             "abcdefghijklmnopqrstu", "eu\r\n"})
    EXPECT_THROW(region_base_url(region), ConfigError) << region;
}

TEST(InteractionsBatch, IsTheTutorialsContract) {
  const Target target = interactions_batch("https://a.example");
  EXPECT_NO_THROW(check_target(target));
  EXPECT_EQ(target.method, "PATCH");
  EXPECT_EQ(target.path, "/api/v2/interactions/batch");
  EXPECT_EQ(target.results_member, "results");
  EXPECT_EQ(target.max_updates, 25U);
  EXPECT_TRUE(target.idempotent);
  EXPECT_EQ(target.required_scopes, (std::vector<std::string>{"interaction:modify"}));
}

TEST(CheckTarget, TakesHttpOnThisMachineOnly) {
  for (const char* url : {"https://a.example", "https://a.example:8443/base", "http://127.0.0.1:80",
                          "http://localhost:9"})
    EXPECT_NO_THROW(check_target(interactions_batch(url))) << url;
  for (const char* url :
       {"", "a.example", "http://a.example", "ftp://a.example", "https://", "https://u:p@a.example",
        "https://a.example/", "https://a.example?x=1", "https://a.example#f",
        "https://a.example/{interaction_id}", "http://127.0.0.1.evil.example", "https://a example"})
    EXPECT_THROW(check_target(interactions_batch(url)), ConfigError) << url;
}

Target contact_target() {
  Target target;
  target.name = "single";
  target.base_url = "https://a.example";
  target.path = "/contacts/{interaction_id}";
  target.body_shape = BodyShape::single;
  target.max_updates = 1;
  return target;
}

void expect_refused(const Target& good, const std::function<void(Target&)>& spoil, int line) {
  Target target = good;
  spoil(target);
  EXPECT_THROW(check_target(target), ConfigError) << "line " << line;
}
#define REFUSED(good, ...) \
  expect_refused(          \
      good, [](Target& t) { __VA_ARGS__; }, __LINE__)

TEST(CheckTarget, RefusesABatchThatCannotWork) {
  const Target good = interactions_batch("https://a.example");
  REFUSED(good, t.name.clear());
  REFUSED(good, t.name = "a\nb");
  REFUSED(good, t.method = "GET");
  REFUSED(good, t.method = "PATCH / HTTP/1.1\r\n");
  REFUSED(good, t.path.clear());
  REFUSED(good, t.path = "batch");
  REFUSED(good, t.path = "//evil.example/batch");
  REFUSED(good, t.path = "/a b");
  REFUSED(good, t.path = "/a#b");
  REFUSED(good, t.path = "/batch/{interaction_id}");
  REFUSED(good, t.path = "/batch/{tenant}");
  REFUSED(good, t.item_method = "DELETE");
  REFUSED(good, t.item_path = "/interactions");
  REFUSED(good, t.item_path = "/x?id={interaction_id}");
  REFUSED(good, t.item_path = "/{interaction_id}/{interaction_id}");
  REFUSED(good, t.results_member.clear());
  REFUSED(good, t.success.clear());
  REFUSED(good, t.success = {200, 429});
  REFUSED(good, t.success = {500});
  REFUSED(good, t.success = {100});
  REFUSED(good, t.max_updates = 0);
  REFUSED(good, t.max_updates = 1001);
  REFUSED(good, t.max_body_bytes = 10);
  REFUSED(good, t.max_reply_bytes = 0);
  REFUSED(good, t.timeout_ms = 0);
  REFUSED(good, t.idempotency_header = "Idempotency-Key");
}

TEST(CheckTarget, RefusesASingleThatCannotWork) {
  const Target good = contact_target();
  EXPECT_NO_THROW(check_target(good));
  REFUSED(good, t.path = "/contacts");
  REFUSED(good, t.max_updates = 2);
  REFUSED(good, t.idempotency_header = "Bad: Header");
}

TEST(CheckTarget, ACodeOutside2xxMayMeanSuccess) {
  Target target = contact_target();
  target.success = {200, 304, 409};
  EXPECT_NO_THROW(check_target(target));
}

}  // namespace
}  // namespace cxrelay
