// HMAC-SHA-256 (RFC 2104, FIPS 198-1). OpenSSL stays behind this header.
#pragma once

#include <memory>
#include <string_view>

#include "base/digest.hpp"

namespace cxrelay {

// A key made ready. Any number of threads may use one; OpenSSL wipes it when it goes.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  Digest of(std::string_view message) const;

 private:
  struct Free {
    void operator()(void* context) const noexcept;
  };
  std::unique_ptr<void, Free> keyed_;  // EVP_MAC_CTX that has taken the key and nothing else
};

}  // namespace cxrelay
