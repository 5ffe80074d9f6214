#include "http/wire_class.hpp"

namespace cxrelay {
namespace {

std::string_view word_for(CURLcode code) noexcept {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "dns";
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
      return "connect";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return "tls";
    case CURLE_OPERATION_TIMEDOUT:
      return "timeout";
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return "reset";
    case CURLE_PARTIAL_FILE:
      return "truncated";
    case CURLE_SEND_FAIL_REWIND:
      return "resend_refused";
    case CURLE_ABORTED_BY_CALLBACK:
      return "cancelled";
    default:
      return "protocol";
  }
}

// libcurl is content with a reply that ends inside its headers, and with a Content-Length that it
// cannot read; we are not.
std::string_view trouble_of_reply(const TransferEnd& end) noexcept {
  if (!end.head_complete) return end.status >= 100 && end.status < 200 ? "protocol" : "truncated";
  if (!end.length_plain || end.status > 599) return "protocol";
  return {};
}

}  // namespace

WireClass classify(const TransferEnd& end) noexcept {
  if (end.resend_refused) return {Wire::unknown, "resend_refused"};
  if (end.too_large) return {Wire::unknown, "too_large"};
  if (end.code != CURLE_OK) {
    // Whatever went wrong: a request of which no byte was written cannot have been executed.
    const Wire wire = end.request_bytes == 0 ? Wire::not_sent : Wire::unknown;
    return {wire, word_for(end.code)};
  }
  const std::string_view trouble = trouble_of_reply(end);
  return {trouble.empty() ? Wire::answered : Wire::unknown, trouble};
}

}  // namespace cxrelay
