// Whatever is changed in a trail shows, except a tail cut off at the end of a line.
#include <gtest/gtest.h>

#include "trail.hpp"

namespace cxrelay {
namespace {

using audit_test::Journal;
using audit_test::TempDir;

class TamperTest : public ::testing::Test {
 protected:
  TamperTest() {
    journal_.add(3);
    AuditRecord odd = audit_test::accepted(4);
    odd.original = "{\n \"interactionId\": \"x\",\r\n \"n\": 12345678901234567890 }";
    odd.mapped = "not JSON";
    journal_.add(odd);
    AuditRecord failed = audit_test::finished(
        5, R"({"status":503,"error_class":"TRANSIENT","retry":[{"seq":4,"reason":"busy"}]})");
    failed.mapped_digest = sha256("erased");
    journal_.add(failed);
    export_audit(journal_, {.path = path_});
    bytes_ = audit_test::read_file(path_);
    lines_ = audit_test::lines_of(bytes_);
  }

  // The problem, or "" if the altered trail passes.
  std::string problem_of(std::string_view altered) {
    audit_test::write_file(path_, altered);
    const VerifyResult result = verify_audit(path_);
    EXPECT_EQ(result.ok, result.problem.empty());
    return result.problem;
  }

  static std::string join(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) out.append(line).append("\n");
    return out;
  }

  TempDir dir_;
  std::string path_ = dir_ / "audit.log";
  Journal journal_;
  std::string bytes_;
  std::vector<std::string> lines_;
};

TEST_F(TamperTest, UnalteredItPasses) { EXPECT_EQ(problem_of(bytes_), ""); }

TEST_F(TamperTest, EveryByteChangedByEveryBit) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    std::string altered = bytes_;
    altered[at] = static_cast<char>(altered[at] ^ (1 << at % 8));
    EXPECT_NE(problem_of(altered), "") << "byte " << at << " of " << bytes_;
  }
}

TEST_F(TamperTest, EveryByteReplacedByItsLookalikes) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    for (const char c : {'0', '1', ' ', '\n', 'A', '"', '\0'}) {
      if (bytes_[at] == c) continue;
      std::string altered = bytes_;
      altered[at] = c;
      ASSERT_NE(problem_of(altered), "") << "byte " << at << " made " << c;
    }
  }
}

TEST_F(TamperTest, EveryByteDeletedOrDoubled) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    EXPECT_NE(problem_of(std::string(bytes_).erase(at, 1)), "") << at;
    EXPECT_NE(problem_of(std::string(bytes_).insert(at, 1, bytes_[at])), "") << at;
  }
}

TEST_F(TamperTest, EveryCutShowsExceptAtTheEndOfALine) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    const bool at_line_end = size == 0 || bytes_[size - 1] == '\n';
    EXPECT_EQ(problem_of(bytes_.substr(0, size)).empty(), at_line_end) << size;
  }
}

TEST_F(TamperTest, LinesDeletedDoubledSwappedInserted) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    auto deleted = lines_;
    deleted.erase(deleted.begin() + static_cast<std::ptrdiff_t>(i));
    const bool is_tail = i + 1 == lines_.size();
    EXPECT_EQ(problem_of(join(deleted)).empty(), is_tail);

    for (std::size_t j = 0; j <= lines_.size(); ++j) {
      auto inserted = lines_;
      inserted.insert(inserted.begin() + static_cast<std::ptrdiff_t>(j), lines_[i]);
      EXPECT_NE(problem_of(join(inserted)), "") << i << " before " << j;
      if (j == lines_.size() || i == j) continue;
      auto swapped = lines_;
      std::swap(swapped[i], swapped[j]);
      EXPECT_NE(problem_of(join(swapped)), "") << i << " and " << j;
    }
  }
}

TEST_F(TamperTest, AForgedRecordBreaksWhatFollows) {
  Journal other;
  other.add(1);
  AuditRecord forged = audit_test::accepted(2);
  forged.mapped = R"({"Queue":"Forged"})";
  other.add(forged);
  export_audit(other, {.path = dir_ / "other.log"});
  auto lines = lines_;
  lines[1] = audit_test::lines_of(audit_test::read_file(dir_ / "other.log"))[1];
  EXPECT_NE(problem_of(join(lines)).find("does not continue the record before"), std::string::npos);
}

TEST_F(TamperTest, PlaceOfTheProblem) {
  auto lines = lines_;
  lines[2].replace(lines[2].find("200"), 3, "204");
  audit_test::write_file(path_, join(lines));
  const VerifyResult result = verify_audit(path_);
  EXPECT_EQ(result.line, 3);
  EXPECT_EQ(result.file, path_);
  EXPECT_EQ(result.last_seq, 2);
  EXPECT_EQ(result.problem, "seq 3 was changed: its hash does not fit its content");
}

}  // namespace
}  // namespace cxrelay
