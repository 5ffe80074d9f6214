#include <gtest/gtest.h>

#include "http/reply_reader.hpp"

namespace cxrelay {
namespace {

class ReplyReaderTest : public ::testing::Test {
 protected:
  void SetUp() override { reader_.begin(10); }

  void lines(std::initializer_list<std::string_view> all) {
    for (const std::string_view line : all)
      ASSERT_TRUE(reader_.add_header_line(std::string(line) + "\r\n"));
  }
  HttpReply taken() {
    HttpReply reply;
    reader_.take(reply);
    return reply;
  }

  ReplyReader reader_;
};

TEST_F(ReplyReaderTest, LowersNamesAndTrimsValues) {
  lines({"HTTP/1.1 429 Too Many", "Retry-After:  30 \t", "X-Empty:", ""});
  EXPECT_TRUE(reader_.head_complete());
  const HttpReply reply = taken();
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.header("retry-after"), "30");
  EXPECT_EQ(reply.header("x-empty"), "");
  EXPECT_EQ(reply.headers.size(), 2u);
}

TEST_F(ReplyReaderTest, ForgetsInterimReplies) {
  lines({"HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/2 200", "A: b", ""});
  const HttpReply reply = taken();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("link"), "");
  EXPECT_EQ(reply.header("a"), "b");
}

TEST_F(ReplyReaderTest, IsNotCompleteBeforeTheBlankLine) {
  lines({"HTTP/1.1 200 OK", "A: b"});
  EXPECT_FALSE(reader_.head_complete());
}

TEST_F(ReplyReaderTest, IgnoresTrailersContinuationsAndNonsense) {
  lines({"HTTP/1.1 200 OK", "A: b", " folded: x", ": no name", "no colon", "", "Trailer: x"});
  EXPECT_EQ(taken().headers.size(), 1u);
}

TEST_F(ReplyReaderTest, BoundsTheBody) {
  EXPECT_TRUE(reader_.add_body("12345"));
  EXPECT_TRUE(reader_.add_body("67890"));
  EXPECT_FALSE(reader_.too_large());
  EXPECT_FALSE(reader_.add_body("x"));
  EXPECT_TRUE(reader_.too_large());
}

TEST_F(ReplyReaderTest, BoundsTheHeadersOverAllInterimReplies) {
  std::size_t accepted = 0;
  const std::string_view status = "HTTP/1.1 100 Continue\r\n";
  while (reader_.add_header_line(status) && reader_.add_header_line("\r\n"))
    accepted += status.size() + 2;
  EXPECT_LE(accepted, kMaxHeaderBytes);
  EXPECT_TRUE(reader_.too_large());
}

TEST_F(ReplyReaderTest, KnowsAPlainLength) {
  lines({"HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 5", ""});
  EXPECT_TRUE(reader_.length_plain());
}

TEST_F(ReplyReaderTest, KnowsALengthThatPromisesNothing) {
  for (const char* line : {"Content-Length: -1", "Content-Length: 5x", "Content-Length: 5, 5",
                           "Content-Length:", "Content-Length: 99999999999999999999"}) {
    reader_.begin(10);
    lines({"HTTP/1.1 200 OK", line, ""});
    EXPECT_FALSE(reader_.length_plain()) << line;
  }
  reader_.begin(10);
  lines({"HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 6", ""});
  EXPECT_FALSE(reader_.length_plain());
}

TEST_F(ReplyReaderTest, StartsAfresh) {
  lines({"HTTP/1.1 200 OK", "Content-Length: x", ""});
  EXPECT_FALSE(reader_.add_body("12345678901"));
  reader_.begin(10);
  EXPECT_FALSE(reader_.head_complete());
  EXPECT_FALSE(reader_.too_large());
  EXPECT_TRUE(reader_.length_plain());
  EXPECT_EQ(taken().status, 0);
}

}  // namespace
}  // namespace cxrelay
