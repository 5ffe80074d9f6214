// Closed segments of the audit export are put on record, each once.
#include <array>

#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

ClosedSegment segment(std::int64_t first, std::int64_t last, std::string file = "audit.x.log") {
  ClosedSegment made;
  made.first_seq = first;
  made.last_seq = last;
  made.hash.fill(std::byte{0xab});
  made.file = std::move(file);
  return made;
}

const std::string kHash = [] {
  std::string digits;
  for (int i = 0; i < 32; ++i) digits += "ab";
  return digits;
}();

TEST_P(QueueNoting, EachSegmentOnceHoweverOftenItIsSaid) {
  put({"a", 1});
  AuditSource& source = queue_->audit_source();
  EXPECT_EQ(source.noted("audit.log"), 0);
  const std::array first = {segment(1, 10), segment(11, 20)};
  source.note_closed("audit.log", first);
  source.note_closed("audit.log", first);
  EXPECT_EQ(source.noted("audit.log"), 20);
  const std::array more = {segment(11, 20), segment(21, 21)};
  source.note_closed("audit.log", more);
  const auto records = journal("exported");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[1].detail,
            R"({"first_seq":11,"last_seq":20,"hash":")" + kHash + R"(","file":"audit.x.log"})");
  EXPECT_EQ(records[2].seq, 4);
  EXPECT_EQ(queue_->stats().journal_records, 4);
}

TEST_P(QueueNoting, OutlivesACrash) {
  const std::array segments = {segment(1, 10)};
  queue_->audit_source().note_closed("audit.log", segments);
  crash();
  EXPECT_EQ(queue_->audit_source().noted("audit.log"), 10);
  queue_->audit_source().note_closed("audit.log", segments);
  EXPECT_EQ(journal("exported").size(), 1U);
}

TEST_P(QueueNoting, EachTrailHasItsOwnMark) {
  const std::array segments = {segment(1, 10)};
  queue_->audit_source().note_closed("audit.log", segments);
  EXPECT_EQ(queue_->audit_source().noted("other.log"), 0);
  queue_->audit_source().note_closed("other.log", segments);
  EXPECT_EQ(journal("exported").size(), 2U);
}

TEST_P(QueueNoting, ANameThatIsNoTextIsLeftOut) {
  const std::array segments = {segment(1, 2, "\xff.log"), segment(3, 4, "\"\n.log")};
  queue_->audit_source().note_closed("audit.log", segments);
  const auto records = journal("exported");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].detail, R"({"first_seq":1,"last_seq":2,"hash":")" + kHash + "\"}");
  EXPECT_TRUE(records[1].detail.ends_with(R"("file":"\"\n.log"})")) << records[1].detail;
}

TEST_P(QueueNoting, ChangesNothingForTheUpdates) {
  put({"a", 1});
  const auto claimed = claim();
  const std::array segments = {segment(1, 1)};
  queue_->audit_source().note_closed("audit.log", segments);
  settle(claimed, Outcome::completed);
  EXPECT_EQ(state_of("a_1"), State::completed);
}

}  // namespace
}  // namespace cxrelay::testing
