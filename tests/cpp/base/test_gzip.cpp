#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/gzip.hpp"

namespace cxrelay {
namespace {

std::string pack(std::string_view bytes, std::size_t piece = 1000) {
  std::string out;
  GzipWriter writer([&](std::string_view made) { out += made; });
  for (std::size_t at = 0; at < bytes.size(); at += piece) writer.write(bytes.substr(at, piece));
  writer.finish();
  return out;
}

ByteSource from(std::string_view bytes, std::size_t at_most = 1 << 20) {
  return [bytes, at_most](char* out, std::size_t count) mutable {
    const std::size_t n = bytes.copy(out, std::min(count, at_most));
    bytes.remove_prefix(n);
    return n;
  };
}

// None if it is not whole.
std::optional<std::string> unpack(std::string_view bytes, std::size_t piece = 1000) {
  GzipReader reader(from(bytes));
  std::string out;
  std::string buffer(piece, '\0');
  while (true) {
    const std::size_t n = reader.read(buffer.data(), buffer.size());
    out.append(buffer, 0, n);
    if (n < buffer.size()) break;
  }
  if (!reader.is_whole()) return std::nullopt;
  return out;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + (i % 5 == 0 ? "\n" : " ");
  return text;
}

TEST(Gzip, WhatIsPackedComesBackInPiecesOfEverySize) {
  const std::string text = sample();
  const std::string packed = pack(text);
  EXPECT_LT(packed.size(), text.size() / 2);
  for (const std::size_t piece : {1U, 7U, 1000U, 65'536U, 1'000'000U}) {
    EXPECT_EQ(unpack(packed, piece), text) << piece;
  }
  EXPECT_EQ(pack(text, 13), packed) << "the pieces leave no trace";
  EXPECT_EQ(unpack(pack("")), "");
}

// printf 'one\ntwo\n' | gzip -9n
TEST(Gzip, ReadsWhatGzipMakes) {
  constexpr unsigned char kFile[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                     0xcb, 0xcf, 0x4b, 0xe5, 0x2a, 0x29, 0xcf, 0xe7, 0x02, 0x00,
                                     0xe6, 0x0b, 0xba, 0x12, 0x08, 0x00, 0x00, 0x00};
  const std::string file(reinterpret_cast<const char*>(kFile), sizeof kFile);
  EXPECT_EQ(unpack(file), "one\ntwo\n");
  EXPECT_EQ(unpack(file + file), "one\ntwo\none\ntwo\n") << "members that follow each other";
}

TEST(Gzip, InputMayComeByteByByte) {
  const std::string packed = pack("some text");
  GzipReader reader(from(packed, 1));
  char out[100];
  EXPECT_EQ(reader.read(out, sizeof out), 9U);
  EXPECT_TRUE(reader.is_whole());
}

TEST(Gzip, CutAtEveryByteItIsNotWhole) {
  const std::string packed = pack("some text, some text, some more text");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(unpack(std::string_view(packed).substr(0, size))) << size;
  }
}

TEST(Gzip, NothingMayFollow) {
  const std::string packed = pack("some text");
  for (const std::string& garbage : {std::string(1, '\0'), std::string(512, '\0'), std::string("x"),
                                     std::string("\x1f\x8b"), packed.substr(3)}) {
    EXPECT_FALSE(unpack(packed + garbage)) << garbage.size();
  }
}

TEST(Gzip, AFlippedByteIsNoticedInDataAndSums) {
  const std::string text = sample().substr(0, 3000);
  const std::string packed = pack(text);
  for (std::size_t at = 10; at < packed.size(); ++at) {  // the head has bytes that say nothing
    std::string altered = packed;
    altered[at] = static_cast<char>(altered[at] ^ 0x10);
    EXPECT_FALSE(unpack(altered)) << at;
  }
}

TEST(Gzip, AnErrorOfTheSourceGoesThrough) {
  GzipReader reader([](char*, std::size_t) -> std::size_t { throw std::runtime_error("disk"); });
  char out[1];
  EXPECT_THROW(reader.read(out, 1), std::runtime_error);
}

}  // namespace
}  // namespace cxrelay
