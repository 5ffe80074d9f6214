// Owners of libcurl's handles. libcurl is known in this folder only.
#pragma once

#include <curl/curl.h>

#include <memory>

#include "cxrelay/errors.hpp"

namespace cxrelay {

struct EasyDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};

using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using MultiHandle = std::unique_ptr<CURLM, MultiDeleter>;

// New handles; libcurl is initialised before the first one, once, from whatever thread comes first.
// Both throw Error if libcurl has no memory.
EasyHandle new_easy();
MultiHandle new_multi();

// Sets one option; throws Error if libcurl refuses it, so that no protection is missing silently.
template <class Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK)
    throw Error("libcurl refuses option " + std::to_string(static_cast<int>(option)));
}

template <class Value>
void set_option(CURLM* handle, CURLMoption option, Value value) {
  if (curl_multi_setopt(handle, option, value) != CURLM_OK)
    throw Error("libcurl refuses multi option " + std::to_string(static_cast<int>(option)));
}

}  // namespace cxrelay
