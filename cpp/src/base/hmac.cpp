#include "base/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>

#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

using Mac = std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)>;

EVP_MAC_CTX* mac_context(void* pointer) { return static_cast<EVP_MAC_CTX*>(pointer); }

}  // namespace

void HmacSha256::Free::operator()(void* pointer) const noexcept {
  EVP_MAC_CTX_free(mac_context(pointer));
}

HmacSha256::HmacSha256(std::string_view key) {
  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free);
  if (mac) keyed_.reset(EVP_MAC_CTX_new(mac.get()));
  if (!keyed_) throw Error("HMAC is not available");
  char name[] = "SHA256";
  const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                              OSSL_PARAM_construct_end()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  if (EVP_MAC_init(mac_context(keyed_.get()), bytes, key.size(), parameters.data()) != 1) {
    throw Error("HMAC failed to start");
  }
}

Digest HmacSha256::of(std::string_view message) const {
  const std::unique_ptr<void, Free> copy(EVP_MAC_CTX_dup(mac_context(keyed_.get())));
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  Digest out;
  std::size_t size = 0;
  if (!copy || EVP_MAC_update(mac_context(copy.get()), bytes, message.size()) != 1 ||
      EVP_MAC_final(mac_context(copy.get()), reinterpret_cast<unsigned char*>(out.data()), &size,
                    out.size()) != 1) {
    throw Error("HMAC failed");
  }
  return out;
}

}  // namespace cxrelay
