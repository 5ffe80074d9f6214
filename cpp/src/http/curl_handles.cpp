#include "http/curl_handles.hpp"

namespace cxrelay {
namespace {

// Never undone: other code in the process may use libcurl too, and its cleanup is not thread-safe.
void initialise_once() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw Error("libcurl cannot be initialised");
}

}  // namespace

EasyHandle new_easy() {
  initialise_once();
  EasyHandle handle(curl_easy_init());
  if (!handle) throw Error("libcurl has no memory for a transfer");
  return handle;
}

MultiHandle new_multi() {
  initialise_once();
  MultiHandle handle(curl_multi_init());
  if (!handle) throw Error("libcurl has no memory for a transport");
  return handle;
}

}  // namespace cxrelay
