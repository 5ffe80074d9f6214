// One request on its way: a libcurl handle together with all that it points to.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cxrelay/http.hpp"
#include "http/curl_handles.hpp"
#include "http/reply_reader.hpp"

namespace cxrelay {

// A transfer is used for many requests, one after the other; setting up a handle costs more than a
// request. It stays where it is: libcurl holds its address.
class Transfer {
 public:
  explicit Transfer(const HttpOptions& options);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Prepares the handle for `request`. Throws Error if libcurl has no memory.
  void begin(std::uint64_t id, HttpRequest&& request);
  // The outcome, once libcurl is done with it.
  HttpCompletion finish(CURLcode code);
  // False after any trouble: such a handle is thrown away (libcurl 7.88 leaves some of its own
  // state behind in it when a request could not be sent again).
  bool reusable() const noexcept { return reusable_; }

  // When it has to end, whole or not.
  std::chrono::steady_clock::time_point deadline() const noexcept { return deadline_; }
  CURL* handle() const noexcept { return handle_.get(); }
  static Transfer& of(CURL* handle);

  std::size_t slot = 0;  // its place among the transport's transfers

 private:
  static std::size_t read_body(char* out, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t write_header(char* in, std::size_t size, std::size_t count,
                                  void* self) noexcept;
  static std::size_t write_body(char* in, std::size_t size, std::size_t count, void* self) noexcept;
  static int before_request(void* self, char*, char*, int, int) noexcept;

  void set_connection_options(const HttpOptions& options);
  void set_tls_options(const HttpOptions& options);
  void set_callbacks();
  void set_method();
  void set_headers();

  EasyHandle handle_;
  HttpRequest request_;
  std::vector<curl_slist> header_list_;
  std::vector<std::string> blank_headers_;
  ReplyReader reader_;
  std::uint64_t id_ = 0;
  std::chrono::steady_clock::time_point deadline_;
  std::size_t body_read_ = 0;
  bool resend_refused_ = false;
  bool reusable_ = true;
};

}  // namespace cxrelay
