#include "http/library.hpp"

#include <curl/curl.h>

namespace cxrelay {

std::string libcurl_version() { return curl_version_info(CURLVERSION_NOW)->version; }

}  // namespace cxrelay
