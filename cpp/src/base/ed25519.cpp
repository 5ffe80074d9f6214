#include "base/ed25519.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <limits>
#include <utility>

#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

EVP_PKEY* pkey(void* key) { return static_cast<EVP_PKEY*>(key); }

unsigned char* bytes_of(std::byte* data) { return reinterpret_cast<unsigned char*>(data); }
const unsigned char* bytes_of(const std::byte* data) {
  return reinterpret_cast<const unsigned char*>(data);
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Bio reading(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return {nullptr, &BIO_free_all};
  }
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all};
}

// In memory that OpenSSL wipes when it is freed.
Bio writing() { return {BIO_new(BIO_s_secmem()), &BIO_free_all}; }

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// Without it OpenSSL would ask at the terminal.
int no_passphrase(char* /*out*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

// What OpenSSL says of a failure stays in a queue of the thread, for others to stumble upon.
template <typename Result>
Result forget_errors(Result result) {
  ERR_clear_error();
  return result;
}

bool is_ed25519(EVP_PKEY* key) {
  return key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
}

Key raw_public_key(const PublicKey& key) {
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(key.data()), key.size()),
          &EVP_PKEY_free};
}

std::optional<PublicKey> raw_of(EVP_PKEY* key) {
  PublicKey out;
  std::size_t size = out.size();
  if (EVP_PKEY_get_raw_public_key(key, bytes_of(out.data()), &size) != 1 || size != out.size()) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

void SigningKey::Free::operator()(void* key) const noexcept { EVP_PKEY_free(pkey(key)); }

SigningKey::SigningKey(Handle key) : key_(std::move(key)) {
  const auto raw = raw_of(pkey(key_.get()));
  if (!raw) throw Error("Ed25519 gave no public key");
  public_key_ = *raw;
}

SigningKey SigningKey::generate() {
  Handle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) throw forget_errors(Error("Ed25519 is not available"));
  return SigningKey(std::move(key));
}

std::optional<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const Bio bio = reading(pem);
  Handle key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr) : nullptr);
  if (!is_ed25519(pkey(key.get()))) return forget_errors(std::optional<SigningKey>());
  return SigningKey(std::move(key));
}

std::string SigningKey::to_pem() const {
  const Bio bio = writing();
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), pkey(key_.get()), nullptr, nullptr, 0,
                                            nullptr, nullptr) != 1) {
    throw forget_errors(Error("the private key cannot be written as text"));
  }
  return text_of(bio.get());
}

Signature SigningKey::sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Signature out;
  std::size_t size = out.size();
  const bool is_good =
      context != nullptr &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pkey(key_.get())) == 1 &&
      EVP_DigestSign(context.get(), bytes_of(out.data()), &size, bytes_of(message),
                     message.size()) == 1;
  if (!is_good || size != out.size()) throw forget_errors(Error("Ed25519 failed to sign"));
  return out;
}

bool is_signed_by(const PublicKey& key, std::string_view message, const Signature& signature) {
  const Key pkey = raw_public_key(key);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const bool is_good =
      pkey != nullptr && context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature.data()), signature.size(),
                       bytes_of(message), message.size()) == 1;
  return forget_errors(is_good);
}

std::string to_pem(const PublicKey& key) {
  const Key pkey = raw_public_key(key);
  const Bio bio = writing();
  if (!pkey || !bio || PEM_write_bio_PUBKEY(bio.get(), pkey.get()) != 1) {
    throw forget_errors(Error("the public key cannot be written as text"));
  }
  return text_of(bio.get());
}

std::optional<PublicKey> public_key_from_pem(std::string_view pem) {
  const Bio bio = reading(pem);
  const Key key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, &no_passphrase, nullptr) : nullptr,
                &EVP_PKEY_free);
  if (!is_ed25519(key.get())) return forget_errors(std::optional<PublicKey>());
  return raw_of(key.get());
}

void wipe(std::string& secret) noexcept {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace cxrelay
