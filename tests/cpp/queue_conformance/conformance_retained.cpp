// What retention removes from the exported trail is put on record, once for each removal.
#include "conformance_test.hpp"

namespace cxrelay::testing {
namespace {

TEST_P(QueueRetaining, OneRecordForEachRemoval) {
  put({"a", 1});
  const auto seq = queue_->record_retained({"audit.log", 1, 500, 1'700'000'000'000'000}, "al\"ice");
  EXPECT_EQ(seq, 2);
  EXPECT_EQ(queue_->record_retained({"audit.log", 1, 500, 1'700'000'000'000'001}, "bob"), 0);
  crash();
  EXPECT_EQ(queue_->record_retained({"audit.log", 1, 500, 1'700'000'000'000'000}, "alice"), 0);
  EXPECT_EQ(queue_->record_retained({"audit.log", 501, 900, 1'800'000'000'000'000}, "alice"), 3);
  EXPECT_EQ(queue_->record_retained({"other.log", 501, 900, 1'800'000'000'000'000}, "alice"), 4);
  const auto records = journal("retained");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].detail,
            R"({"by":"al\"ice","first_seq":1,"last_seq":500,"older_than_us":1700000000000000})");
  EXPECT_EQ(records[1].detail,
            R"({"by":"alice","first_seq":501,"last_seq":900,"older_than_us":1800000000000000})");
  EXPECT_FALSE(records[0].original || records[0].mapped);
}

TEST_P(QueueRetaining, NoUpdateChanges) {
  put({"a", 1});
  queue_->record_retained({"audit.log", 1, 1, 0}, "alice");
  EXPECT_EQ(drain(), Keys{"a_1"});
  queue_->record_retained({"audit.log", 2, 2, 0}, "alice");
  EXPECT_EQ(queue_->stats().completed, 1);
  EXPECT_TRUE(queue_->check().ok);
}

}  // namespace
}  // namespace cxrelay::testing
