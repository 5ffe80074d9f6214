#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "base/digest.hpp"

namespace cxrelay {
namespace {

constexpr std::string_view kOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kOfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(DigestTest, KnownValues) {
  EXPECT_EQ(to_hex(sha256("")), kOfNothing);
  EXPECT_EQ(to_hex(sha256("abc")), kOfAbc);
}

TEST(DigestTest, AHasherIsReusedAndTakesPieces) {
  Sha256 hasher;
  EXPECT_EQ(to_hex(hasher.begin().finish()), kOfNothing);
  EXPECT_EQ(to_hex(hasher.begin().add("a").add(as_bytes("b")).add(std::uint8_t{'c'}).finish()),
            kOfAbc);
  hasher.begin().add("left over");
  EXPECT_EQ(to_hex(hasher.begin().add("abc").finish()), kOfAbc);
}

TEST(DigestTest, EveryThreadHasItsOwn) {
  std::array<std::thread, 4> threads;
  for (auto& thread : threads) {
    thread = std::thread([] {
      for (int i = 0; i < 200; ++i) ASSERT_EQ(to_hex(sha256("abc")), kOfAbc);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(HexTest, RoundTripOfEveryByte) {
  std::array<std::byte, 256> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  const std::string hex = to_hex(bytes);
  EXPECT_EQ(hex.substr(0, 8), "00010203");
  EXPECT_EQ(hex.substr(508), "feff");
  std::array<std::byte, 256> back{};
  EXPECT_TRUE(from_hex(hex, back));
  EXPECT_EQ(back, bytes);
}

TEST(HexTest, AppendsBehindWhatIsThere) {
  std::string out = "x=";
  append_hex(out, as_bytes("\x01\xAB"));
  EXPECT_EQ(out, "x=01ab");
}

TEST(HexTest, RefusesWhatIsNotHex) {
  std::array<std::byte, 2> out;
  EXPECT_TRUE(from_hex("aBc9", out));
  EXPECT_EQ(out[0], std::byte{0xAB});
  for (const char* text :
       {"", "abc", "abcde", "abcg", "abc ", "0xab", "ab\xff\xff", "ab-1", "@@@@", "`abc"}) {
    EXPECT_FALSE(from_hex(text, out)) << text;
  }
  EXPECT_TRUE(from_hex("", std::span<std::byte>{}));
}

}  // namespace
}  // namespace cxrelay
