#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "trail.hpp"

namespace cxrelay {
namespace {

using audit_test::all_lines;
using audit_test::Journal;
using audit_test::TempDir;

std::vector<std::string> in_steps(Journal& journal, std::size_t limit) {
  std::vector<std::string> found;
  while (true) {
    auto lines = audit_lines(journal, static_cast<std::int64_t>(found.size()), limit);
    if (lines.empty()) return found;
    EXPECT_LE(lines.size(), limit);
    std::ranges::move(lines, std::back_inserter(found));
  }
}

TEST(AuditLines, AreThoseOfTheExportedFilesAndMarkNothing) {
  const TempDir dir;
  Journal journal(25);
  for (const std::size_t limit : {1U, 7U, 100U}) {
    const auto lines = in_steps(journal, limit);
    ASSERT_EQ(lines.size(), 25U);
    EXPECT_TRUE(journal.marks.empty());
    if (limit == 1U) continue;
    EXPECT_EQ(lines, in_steps(journal, 1));
  }
  const auto lines = in_steps(journal, 7);
  export_audit(journal, {dir / "audit.log", 2000, 10});
  EXPECT_EQ(all_lines(dir / "audit.log"), lines);
}

TEST(AuditLines, AnEmptyJournalHasNone) {
  Journal journal;
  EXPECT_TRUE(audit_lines(journal, 0, 10).empty());
}

TEST(AuditLines, BeginWhereTheHashBeforeIsStillKnown) {
  Journal journal(10);
  const auto lines = in_steps(journal, 10);
  journal.forgotten = 4;
  EXPECT_EQ(audit_lines(journal, 0, 10), std::vector(lines.begin() + 5, lines.end()));
  EXPECT_EQ(audit_lines(journal, 7, 2), std::vector(lines.begin() + 7, lines.begin() + 9));
}

}  // namespace
}  // namespace cxrelay
