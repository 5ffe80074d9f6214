#include "http/transfer.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "cxrelay/version.hpp"
#include "http/wire_class.hpp"

namespace cxrelay {
namespace {

// Removes what libcurl would add by itself: a wait for "100 Continue" costs a round trip, and a
// content type is the caller's to say. Not const, because the nodes of libcurl's list are not.
char no_expect[] = "Expect:";
char no_content_type[] = "Content-Type:";

// A day: more than any request may take, and small enough for every unit of time.
constexpr std::int64_t kMaxTimeoutMs = 86'400'000;

bool has_header(const std::vector<std::string>& headers, std::string_view lower_name) {
  return std::ranges::any_of(headers, [lower_name](const std::string& header) {
    return header.size() > lower_name.size() && header[lower_name.size()] == ':' &&
           std::ranges::equal(header.substr(0, lower_name.size()), lower_name,
                              [](char a, char b) { return (a | 0x20) == b; });
  });
}

bool value_is_blank(const std::string& header) {
  return header.find_first_not_of(" \t", header.find(':') + 1) == std::string::npos;
}

bool expects_body(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

Transfer::Transfer(const HttpOptions& options) : handle_(new_easy()) {
  set_connection_options(options);
  set_tls_options(options);
  set_callbacks();
}

void Transfer::set_connection_options(const HttpOptions& options) {
  CURL* const curl = handle_.get();
  const std::string agent =
      options.user_agent.empty() ? "cxrelay/" CXRELAY_VERSION : options.user_agent;
  set_option(curl, CURLOPT_USERAGENT, agent.c_str());
  set_option(curl, CURLOPT_NOSIGNAL, 1L);
  // A name server that hangs must not hold up a deadline: the resolver's thread is left to end
  // alone.
  set_option(curl, CURLOPT_QUICK_EXIT, 1L);
  set_option(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set_option(curl, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(curl, CURLOPT_HTTP09_ALLOWED, 0L);
  set_option(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set_option(curl, CURLOPT_PATH_AS_IS, 1L);
  set_option(curl, CURLOPT_PROXY, "");     // not even one from the environment,
  set_option(curl, CURLOPT_NOPROXY, "*");  // which is then not looked at
  set_option(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set_option(curl, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  set_option(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set_option(curl, CURLOPT_TCP_NODELAY, 1L);
  set_option(curl, CURLOPT_TCP_KEEPALIVE, 1L);
}

void Transfer::set_tls_options(const HttpOptions& options) {
  CURL* const curl = handle_.get();
  set_option(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  set_option(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  set_option(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (options.ca_file.empty()) return;
  set_option(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  // Only that file: libcurl would go on trusting the system's directory beside it.
  set_option(curl, CURLOPT_CAPATH, static_cast<char*>(nullptr));
}

void Transfer::set_callbacks() {
  CURL* const curl = handle_.get();
  set_option(curl, CURLOPT_PRIVATE, this);
  set_option(curl, CURLOPT_READFUNCTION, &Transfer::read_body);
  set_option(curl, CURLOPT_READDATA, this);
  set_option(curl, CURLOPT_HEADERFUNCTION, &Transfer::write_header);
  set_option(curl, CURLOPT_HEADERDATA, this);
  set_option(curl, CURLOPT_WRITEFUNCTION, &Transfer::write_body);
  set_option(curl, CURLOPT_WRITEDATA, this);
  set_option(curl, CURLOPT_PREREQFUNCTION, &Transfer::before_request);
  set_option(curl, CURLOPT_PREREQDATA, this);
}

void Transfer::begin(std::uint64_t id, HttpRequest&& request) {
  CURL* const curl = handle_.get();
  id_ = id;
  request_ = std::move(request);
  body_read_ = 0;
  resend_refused_ = false;
  reader_.begin(request_.max_reply_bytes);
  set_option(curl, CURLOPT_URL, request_.url.c_str());
  // Whether one connection takes many requests is known after the TLS handshake, and worth waiting
  // for. Without TLS it is HTTP/1.1 anyway, but libcurl would wait for a whole first reply to see it.
  set_option(curl, CURLOPT_PIPEWAIT, request_.url.starts_with("http:") ? 0L : 1L);
  const auto connect_ms = std::clamp<std::int64_t>(request_.connect_timeout_ms, 1, kMaxTimeoutMs);
  set_option(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_ms));
  const auto total_ms = std::clamp<std::int64_t>(request_.timeout_ms, 1, kMaxTimeoutMs);
  deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(total_ms);
  set_method();
  set_headers();
}

// The body goes through read_body() with its size known and no way to rewind, small bodies too: a
// body that libcurl holds itself it sends a second time, unasked, when a kept-alive connection
// dies.
void Transfer::set_method() {
  CURL* const curl = handle_.get();
  set_option(curl, CURLOPT_HTTPGET, 1L);  // forgets what the request before has set
  set_option(curl, CURLOPT_CUSTOMREQUEST, static_cast<char*>(nullptr));
  if (!request_.body.empty()) {
    set_option(curl, CURLOPT_UPLOAD, 1L);
    set_option(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  } else if (expects_body(request_.method)) {
    set_option(curl, CURLOPT_POST, 1L);
    set_option(curl, CURLOPT_POSTFIELDS, "");
    set_option(curl, CURLOPT_POSTFIELDSIZE, 0L);
  } else if (request_.method == "HEAD") {
    set_option(curl, CURLOPT_NOBODY, 1L);
    return;
  }
  set_option(curl, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

// libcurl does not copy the list: its nodes point into the request's own strings.
void Transfer::set_headers() {
  header_list_.clear();
  blank_headers_.clear();
  blank_headers_.reserve(request_.headers.size());
  const auto add = [this](char* text) { header_list_.push_back({text, nullptr}); };
  for (std::string& header : request_.headers) {
    if (!value_is_blank(header)) {
      add(header.data());
      continue;
    }
    // "Name:" would remove a header; "Name;" is how libcurl is told to send an empty one.
    blank_headers_.push_back(header.substr(0, header.find(':')) + ";");
    add(blank_headers_.back().data());
  }
  add(no_expect);
  if (!has_header(request_.headers, "content-type")) add(no_content_type);
  for (std::size_t i = 0; i + 1 < header_list_.size(); ++i)
    header_list_[i].next = &header_list_[i + 1];
  set_option(handle_.get(), CURLOPT_HTTPHEADER, header_list_.data());
}

HttpCompletion Transfer::finish(CURLcode code) {
  TransferEnd end;
  end.code = code;
  curl_easy_getinfo(handle_.get(), CURLINFO_REQUEST_SIZE, &end.request_bytes);
  end.head_complete = reader_.head_complete();
  end.length_plain = reader_.length_plain();
  end.too_large = reader_.too_large();
  end.resend_refused = resend_refused_;
  end.status = reader_.status();
  const WireClass result = classify(end);

  HttpCompletion completion;
  completion.id = id_;
  completion.reply.wire = result.wire;
  completion.reply.error = result.error;
  if (result.wire == Wire::answered) reader_.take(completion.reply);
  reusable_ = result.wire == Wire::answered;
  request_ = {};
  return completion;
}

Transfer& Transfer::of(CURL* handle) {
  char* self = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return *static_cast<Transfer*>(static_cast<void*>(self));
}

std::size_t Transfer::read_body(char* out, std::size_t size, std::size_t count,
                                void* self) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(self);
  const std::string& body = transfer.request_.body;
  const std::size_t bytes = std::min(size * count, body.size() - transfer.body_read_);
  std::memcpy(out, body.data() + transfer.body_read_, bytes);
  transfer.body_read_ += bytes;
  return bytes;
}

// The two write callbacks: a count other than the one given makes libcurl stop the transfer. Being
// out of memory ends the transfer too; nothing may be thrown through libcurl's frames.
std::size_t Transfer::write_header(char* in, std::size_t size, std::size_t count,
                                   void* self) noexcept try {
  const std::size_t bytes = size * count;
  return static_cast<Transfer*>(self)->reader_.add_header_line({in, bytes}) ? bytes : bytes + 1;
} catch (...) {
  return size * count + 1;
}

std::size_t Transfer::write_body(char* in, std::size_t size, std::size_t count, void* self) noexcept
    try {
  const std::size_t bytes = size * count;
  return static_cast<Transfer*>(self)->reader_.add_body({in, bytes}) ? bytes : bytes + 1;
} catch (...) {
  return size * count + 1;
}

// libcurl asks here each time it is about to send. The second time it wants to send again what may
// already have been executed: after the headers left but before any byte of the body, and for
// requests without a body, no read callback is there to stop it. One attempt is one request (P3).
int Transfer::before_request(void* self, char*, char*, int, int) noexcept {
  Transfer& transfer = *static_cast<Transfer*>(self);
  long sent = 0;
  curl_easy_getinfo(transfer.handle_.get(), CURLINFO_REQUEST_SIZE, &sent);
  if (sent == 0) return CURL_PREREQFUNC_OK;
  transfer.resend_refused_ = true;
  return CURL_PREREQFUNC_ABORT;
}

}  // namespace cxrelay
