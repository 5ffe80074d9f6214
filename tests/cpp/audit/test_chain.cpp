// The chain's encodings are persisted. The expected values come from Python's hashlib and struct:
//
//   F = lambda b: struct.pack(">I", len(b)) + b
//   hashlib.sha256(b"\x01" + bytes(range(16)) + b'{"a":1}')
//   hashlib.sha256(b"\x00" + F(b"7") + F(b"-5") + F(b"act") + F(b"key") + F(b"") + F(b"") + F(b"v")
//   + F(b"r")
//                  + F(b"{}") + F(original_digest) + F(b"") + b"\xaa" * 32)
#include <gtest/gtest.h>

#include "audit/chain.hpp"

namespace cxrelay {
namespace {

constexpr std::string_view kPayloadDigest =
    "8eb1615601c816782b822b9dc43735fa1e9d78341e827569aedec0c8d5c3a4ed";

class ChainTest : public ::testing::Test {
 protected:
  ChainTest() {
    previous_.fill(std::byte{0xAA});
    for (std::size_t i = 0; i < record_.salt.size(); ++i)
      record_.salt[i] = static_cast<std::byte>(i);
    record_.seq = 7;
    record_.time_us = -5;
    record_.action = "act";
    record_.idempotency_key = "key";
    record_.mapping_version = "v";
    record_.request_id = "r";
    record_.detail = "{}";
  }

  std::string hash() { return to_hex(chain_hash(hasher_, record_, previous_)); }

  Sha256 hasher_;
  Digest previous_;
  AuditRecord record_;
};

TEST_F(ChainTest, PayloadDigestIsSalted) {
  EXPECT_EQ(to_hex(payload_digest(hasher_, record_.salt, R"({"a":1})")), kPayloadDigest);
}

TEST_F(ChainTest, HashOfARecordWithAnOriginal) {
  record_.original = R"({"a":1})";
  EXPECT_EQ(hash(), "6dc78e4812522bed4bec21d66719a642761d346fb55b58edc84f487802ac54b7");
}

TEST_F(ChainTest, AbsentAndZeroDiffer) {
  record_.mapped = R"({"a":1})";
  record_.event_time_us = 0;
  EXPECT_EQ(hash(), "a230b3da2ebe2e986fa8014ffad36ad2a83d775a6c74ecfa7488cdb3d3ecb830");
}

TEST_F(ChainTest, ErasingAPayloadKeepsTheHash) {
  record_.original = R"({"a":1})";
  const std::string before = hash();
  record_.original_digest = payload_digest(hasher_, record_.salt, *record_.original);
  record_.original.reset();
  record_.salt = {};
  EXPECT_EQ(hash(), before);
}

TEST_F(ChainTest, NeighbouringFieldsCannotTradeBytes) {
  const std::string before = hash();
  record_.action = "actk";
  record_.idempotency_key = "ey";
  EXPECT_NE(hash(), before);
}

}  // namespace
}  // namespace cxrelay
