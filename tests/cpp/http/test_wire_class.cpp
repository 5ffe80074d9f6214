#include <gtest/gtest.h>

#include "http/wire_class.hpp"

namespace cxrelay {
namespace {

TransferEnd ended(CURLcode code, long request_bytes) {
  TransferEnd end;
  end.code = code;
  end.request_bytes = request_bytes;
  return end;
}

TransferEnd whole_reply(int status) {
  TransferEnd end = ended(CURLE_OK, 100);
  end.head_complete = true;
  end.status = status;
  return end;
}

void expect_class(const TransferEnd& end, Wire wire, std::string_view error) {
  const WireClass got = classify(end);
  EXPECT_EQ(got.wire, wire) << end.code << " after " << end.request_bytes;
  EXPECT_EQ(got.error, error) << end.code;
}

TEST(WireClass, NothingWrittenIsNotSent) {
  expect_class(ended(CURLE_COULDNT_RESOLVE_HOST, 0), Wire::not_sent, "dns");
  expect_class(ended(CURLE_COULDNT_CONNECT, 0), Wire::not_sent, "connect");
  expect_class(ended(CURLE_SSL_CONNECT_ERROR, 0), Wire::not_sent, "tls");
  expect_class(ended(CURLE_PEER_FAILED_VERIFICATION, 0), Wire::not_sent, "tls");
  expect_class(ended(CURLE_OPERATION_TIMEDOUT, 0), Wire::not_sent, "timeout");
  expect_class(ended(CURLE_SEND_ERROR, 0), Wire::not_sent, "reset");
  expect_class(ended(CURLE_URL_MALFORMAT, 0), Wire::not_sent, "protocol");
}

TEST(WireClass, OneByteWrittenIsUnknown) {
  expect_class(ended(CURLE_OPERATION_TIMEDOUT, 1), Wire::unknown, "timeout");
  expect_class(ended(CURLE_GOT_NOTHING, 1), Wire::unknown, "reset");
  expect_class(ended(CURLE_RECV_ERROR, 1), Wire::unknown, "reset");
  expect_class(ended(CURLE_SEND_ERROR, 1), Wire::unknown, "reset");
  expect_class(ended(CURLE_PARTIAL_FILE, 1), Wire::unknown, "truncated");
  expect_class(ended(CURLE_SEND_FAIL_REWIND, 1), Wire::unknown, "resend_refused");
  expect_class(ended(CURLE_HTTP2_STREAM, 1), Wire::unknown, "protocol");
  expect_class(ended(CURLE_BAD_CONTENT_ENCODING, 1), Wire::unknown, "protocol");
  expect_class(ended(CURLE_UNSUPPORTED_PROTOCOL, 1), Wire::unknown, "protocol");
}

TEST(WireClass, AWholeReplyIsAnswered) {
  for (const int status : {200, 204, 301, 404, 429, 500, 599})
    expect_class(whole_reply(status), Wire::answered, "");
}

TEST(WireClass, AnImperfectReplyIsUnknown) {
  TransferEnd end = whole_reply(200);
  end.head_complete = false;
  expect_class(end, Wire::unknown, "truncated");
  end = whole_reply(200);
  end.length_plain = false;
  expect_class(end, Wire::unknown, "protocol");
  end = whole_reply(200);
  end.too_large = true;
  end.code = CURLE_WRITE_ERROR;
  expect_class(end, Wire::unknown, "too_large");
  end = whole_reply(101);
  end.head_complete = false;
  expect_class(end, Wire::unknown, "protocol");
  expect_class(whole_reply(600), Wire::unknown, "protocol");
}

TEST(WireClass, ARefusedResendIsUnknownWhateverElseFailed) {
  TransferEnd end = ended(CURLE_ABORTED_BY_CALLBACK, 90);
  end.resend_refused = true;
  expect_class(end, Wire::unknown, "resend_refused");
}

}  // namespace
}  // namespace cxrelay
