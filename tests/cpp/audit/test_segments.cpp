#include <gtest/gtest.h>

#include "audit/segments.hpp"
#include "cxrelay/errors.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

using audit_test::TempDir;
using audit_test::write_file;

TEST(SegmentsTest, NamesCarryTheRange) {
  EXPECT_EQ(segment_path("d/audit.log", 1, 500), "d/audit.000000000001-000000000500.log");
  EXPECT_EQ(segment_path("trail", 501, 1'234'567'890'123), "trail.000000000501-1234567890123.log");
}

TEST(SegmentsTest, NamesAreReadBack) {
  for (const std::int64_t last : {std::int64_t{7}, std::int64_t{999'999'999'999}, INT64_MAX}) {
    const auto segment = parse_segment_path("d/a.log", segment_path("d/a.log", 7, last));
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->first_seq, 7);
    EXPECT_EQ(segment->last_seq, last);
  }
}

TEST(SegmentsTest, OtherNamesAreNotSegments) {
  for (const char* name :
       {"a.log", "a.log.lock", "b.000000000001-000000000002.log", "a.000000000001.log",
        "a.000000000001-000000000002.log.gz", "a.000000000001-000000000002.txt", "a.1-2.log",
        "a.0000000000001-000000000002.log", "a.000000000003-000000000002.log",
        "a.000000000000-000000000002.log", "a.00000000000x-000000000002.log",
        "a.-00000000001-000000000002.log", "a.+00000000001-000000000002.log",
        "a.000000000001-99999999999999999999.log", "a.000000000001-000000000002-3.log", "a.-.log",
        "a..log", "aa.000000000001-000000000002.log", ""}) {
    EXPECT_FALSE(parse_segment_path("a.log", name)) << name;
  }
}

TEST(SegmentsTest, AreListedByNumber) {
  const TempDir dir;
  const std::string open = dir / "a.log";
  for (const auto& [first, last] :
       {std::pair{1'000'000'000'000, 1'000'000'000'001}, {1, 9}, {10, 999'999'999'999}}) {
    write_file(segment_path(open, first, last), "");
  }
  write_file(open, "");
  write_file(dir / "a.log.lock", "");
  const auto segments = list_segments(open);
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[0].first_seq, 1);
  EXPECT_EQ(segments[1].first_seq, 10);
  EXPECT_EQ(segments[2].first_seq, 1'000'000'000'000);
  EXPECT_EQ(segments[0].path, segment_path(open, 1, 9));
  EXPECT_THROW(list_segments(dir / "no such directory/a.log"), AuditError);
}

TEST(SegmentsTest, GapsAndOverlapsShowInTheNames) {
  const Segment segment{"x", 10, 20};
  EXPECT_EQ(order_problem(9, segment), "");
  EXPECT_EQ(order_problem(7, segment),
            "segment missing before seq 10: the files before it end at 7");
  EXPECT_NE(order_problem(10, segment).find("overlap"), std::string::npos);
}

}  // namespace
}  // namespace cxrelay
