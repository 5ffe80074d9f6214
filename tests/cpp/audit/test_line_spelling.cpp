// A line in the usual spelling is recognised without being written anew: the short cut must say what the long way says.
#include <gtest/gtest.h>

#include "audit/line_writer.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

std::vector<std::string> sample_lines() {
  audit_test::Journal journal;
  journal.add(1);
  AuditRecord escaped = audit_test::accepted(2);
  escaped.interaction_id = "say \"hi\"\n";
  escaped.original = "{\n}";
  escaped.mapped = "\xFF";
  journal.add(escaped);
  AuditRecord failed =
      audit_test::finished(3, R"({"status":0,"retry":[{"seq":1,"reason":"too \"busy\""}]})");
  failed.original_digest = sha256("erased");
  journal.add(failed);
  AuditRecord bare;
  bare.action = "revived";
  bare.event_time_us = 0;
  journal.add(bare);

  std::vector<std::string> lines;
  LineWriter writer;
  Digest previous{};
  for (std::int64_t seq = 1; seq <= journal.size(); ++seq) {
    std::string line;
    writer.append(line, journal.at(seq), previous);
    line.pop_back();
    lines.push_back(line);
    previous = journal.at(seq).hash;
  }
  return lines;
}

// How many of the altered lines could be read at all.
int expect_same_verdict(LineReader& reader, const std::string& line) {
  if (!reader.read(line)) return 0;
  std::string written;
  append_line(written, reader.line());
  EXPECT_EQ(reader.is_exact(), written == line + "\n") << line;
  return 1;
}

TEST(LineSpellingTest, EveryLineAsItIs) {
  LineReader reader;
  for (const auto& line : sample_lines()) {
    ASSERT_TRUE(reader.read(line));
    EXPECT_TRUE(reader.is_exact()) << line;
  }
}

TEST(LineSpellingTest, EveryByteReplacedInsertedAndDeleted) {
  LineReader reader;
  int read = 0;
  for (const auto& line : sample_lines()) {
    for (std::size_t at = 0; at < line.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string altered = line;
        altered[at] = static_cast<char>(altered[at] ^ (1 << bit));
        read += expect_same_verdict(reader, altered);
      }
      for (const std::string_view extra : {" ", "0", "-", "a", "\\", "\\u0061", "\"", ","}) {
        read += expect_same_verdict(reader, std::string(line).insert(at, extra));
      }
      read += expect_same_verdict(reader, std::string(line).erase(at, 1));
    }
  }
  EXPECT_GT(read, 1000);
}

TEST(LineSpellingTest, OtherSpellingsOfTheSame) {
  LineReader reader;
  const std::string line = sample_lines().front();
  for (const auto& [usual, other] : std::vector<std::pair<std::string, std::string>>{
           {R"("action":"accepted")", R"("action":"acc\u0065pted")"},
           {R"("seq":)", R"("s\u0065q":)"},
           {R"("seq":1)", R"("seq": 1)"},
           {R"("seq":1)", R"("seq":1 )"},
           {R"("errorMessage":null)", R"("errorMessage":"")"},
           {R"("mappingVersion":"1f2e3d4c")", R"("mappingVersion":"")"},
           {R"("interactionId":"call-1",)", R"("interactionId":"",)"},
           {R"("salt":"1f)", R"("salt":"1F)"},
           {R"({"timestamp)", R"( {"timestamp)"},
           {R"("processingStatus":"accepted")", R"("processingStatus":"acc\u0065pted")"}}) {
    std::string altered = line;
    const auto at = altered.find(usual);
    ASSERT_NE(at, std::string::npos) << usual;
    altered.replace(at, usual.size(), other);
    ASSERT_TRUE(reader.read(altered)) << altered << reader.problem();
    EXPECT_FALSE(reader.is_exact()) << altered;
  }
  ASSERT_TRUE(reader.read(line + " "));
  EXPECT_FALSE(reader.is_exact());
}

TEST(LineSpellingTest, MinusZeroIsAnotherSpelling) {
  LineReader reader;
  std::string line = sample_lines()[3];
  const auto at = line.find("\"eventTimeUs\":0");
  ASSERT_NE(at, std::string::npos) << line;
  line.insert(at + 14, "-");
  ASSERT_TRUE(reader.read(line));
  EXPECT_FALSE(reader.is_exact());
}

}  // namespace
}  // namespace cxrelay
