// Signatures with Ed25519 (RFC 8032), and their keys as PEM text. OpenSSL stays behind this header.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cxrelay {

using Signature = std::array<std::byte, 64>;
using PublicKey = std::array<std::byte, 32>;

// A private key. Moved, never copied; OpenSSL wipes it when it goes.
class SigningKey {
 public:
  static SigningKey generate();
  // None if `pem` is not one unencrypted Ed25519 key in PKCS#8. Never asks for a passphrase.
  static std::optional<SigningKey> from_pem(std::string_view pem);

  // PKCS#8, unencrypted. The caller wipes it.
  std::string to_pem() const;

  const PublicKey& public_key() const noexcept { return public_key_; }
  Signature sign(std::string_view message) const;

 private:
  struct Free {
    void operator()(void* key) const noexcept;
  };
  using Handle = std::unique_ptr<void, Free>;  // EVP_PKEY

  explicit SigningKey(Handle key);

  Handle key_;
  PublicKey public_key_{};
};

bool is_signed_by(const PublicKey& key, std::string_view message, const Signature& signature);

// SubjectPublicKeyInfo.
std::string to_pem(const PublicKey& key);
std::optional<PublicKey> public_key_from_pem(std::string_view pem);

// Overwrites a text that held a private key.
void wipe(std::string& secret) noexcept;

}  // namespace cxrelay
