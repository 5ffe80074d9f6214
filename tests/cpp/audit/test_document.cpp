// The worked example of cpp/docs/audit.md is read from the page: it verifies, and it is what we
// write. tests/python/audit/test_audit_doc.py recomputes it without any of our code.
#include <gtest/gtest.h>

#include "audit/line_writer.hpp"
#include "trail.hpp"

namespace cxrelay {
namespace {

std::string example() {
  const std::string page = audit_test::read_file(CXRELAY_SOURCE_DIR "/cpp/docs/audit.md");
  const std::string_view fence = "```jsonl\n";
  const auto begin = page.find(fence);
  EXPECT_NE(begin, std::string::npos);
  return page.substr(begin + fence.size(),
                     page.find("```", begin + fence.size()) - begin - fence.size());
}

TEST(DocumentTest, TheExampleVerifies) {
  const audit_test::TempDir dir;
  const std::string path = dir / "audit.log";
  audit_test::write_file(path, example());
  const VerifyResult result = verify_audit(path);
  EXPECT_TRUE(result.ok) << result.problem << " in line " << result.line;
  EXPECT_EQ(result.records, 5);
  EXPECT_EQ(result.last_hash, "4a0e982d20f568408c40570cbeb676dadfa06b22c42f2b55c5c36204956ea24f");
}

TEST(DocumentTest, TheExampleIsWhatIsWritten) {
  LineReader reader;
  LineWriter writer;
  for (const std::string& line : audit_test::lines_of(example())) {
    ASSERT_TRUE(reader.read(line)) << reader.problem();
    std::string out;
    writer.append(out, to_record(reader.line()), reader.line().previous);
    EXPECT_EQ(out, line + "\n");
  }
}

TEST(DocumentTest, TheExamplesFirstRecord) {
  AuditRecord record;
  record.seq = 1;
  record.time_us = 1'715'769'000'123'456;
  record.action = "accepted";
  record.idempotency_key = "a1b2_2024-05-15T10:30:00+00:00";
  record.interaction_id = "a1b2";
  record.event_time_us = 1'715'769'000'000'000;
  record.mapping_version = "1f2e3d4c";
  for (std::size_t i = 0; i < record.salt.size(); ++i) record.salt[i] = static_cast<std::byte>(i);
  record.original =
      R"({"interactionId":"a1b2","contactId":"c-9","timestamp":"2024-05-15T10:30:00Z",)"
      R"("big":12345678901234567890123})";
  record.mapped = "{\"Queue\":\"Süd\"}";
  Sha256 hasher;
  EXPECT_EQ(to_hex(payload_digest(hasher, record.salt, *record.original)),
            "3e129dc8e667d23fea8993d2f7ce1576332db43b70ece0b95d87ff86b8fd3097");
  EXPECT_EQ(to_hex(payload_digest(hasher, record.salt, *record.mapped)),
            "22d2571c4137c2fc67a65970993c76159d6583833f68a8aef671e49191570f70");
  record.hash = chain_hash(hasher, record, Digest{});
  EXPECT_EQ(to_hex(record.hash),
            "ef973c538e85e6e6b9012ac4852b3fe4b4f0086c922f2f2c9d91822a72340684");
  std::string line;
  LineWriter().append(line, record, Digest{});
  EXPECT_EQ(line, audit_test::lines_of(example()).front() + "\n");
}

}  // namespace
}  // namespace cxrelay
