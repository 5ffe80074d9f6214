#include "base/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>

#include "cxrelay/errors.hpp"

namespace cxrelay {
namespace {

// Fetched once for the process: EVP_sha256() would be looked up again on every use.
const EVP_MD* algorithm() {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> fetched(
      EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
  return fetched.get();
}

EVP_MD_CTX* digest_context(void* pointer) { return static_cast<EVP_MD_CTX*>(pointer); }

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || algorithm() == nullptr) throw Error("SHA-256 is not available");
}

Sha256::~Sha256() { EVP_MD_CTX_free(digest_context(context_)); }

Sha256& Sha256::begin() {
  if (EVP_DigestInit_ex2(digest_context(context_), algorithm(), nullptr) != 1) {
    throw Error("SHA-256 failed to start");
  }
  return *this;
}

Sha256& Sha256::add(std::string_view bytes) {
  if (EVP_DigestUpdate(digest_context(context_), bytes.data(), bytes.size()) != 1) {
    throw Error("SHA-256 failed");
  }
  return *this;
}

Sha256& Sha256::add(std::span<const std::byte> bytes) { return add(as_chars(bytes)); }

Sha256& Sha256::add(std::uint8_t byte) {
  const char c = static_cast<char>(byte);
  return add(std::string_view(&c, 1));
}

Digest Sha256::finish() {
  Digest out;
  if (EVP_DigestFinal_ex(digest_context(context_), reinterpret_cast<unsigned char*>(out.data()),
                         nullptr) != 1) {
    throw Error("SHA-256 failed to finish");
  }
  return out;
}

Digest sha256(std::string_view bytes) {
  static thread_local const auto hasher = std::make_unique<Sha256>();
  return hasher->begin().add(bytes).finish();
}

namespace {

// The two digits of every byte.
constexpr auto kHexPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kDigits[i >> 4], kDigits[i & 15]};
  return pairs;
}();

}  // namespace

void append_hex(std::string& out, std::span<const std::byte> bytes) {
  const std::size_t start = out.size();
  out.resize(start + bytes.size() * 2);
  char* at = out.data() + start;
  for (const std::byte b : bytes) {
    const auto& pair = kHexPairs[std::to_integer<std::size_t>(b)];
    *at++ = pair[0];
    *at++ = pair[1];
  }
}

std::string openssl_version() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

std::string to_hex(std::span<const std::byte> bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

// Value of every character as a hexadecimal digit.
constexpr auto kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) {
    values['a' + i] = static_cast<std::uint8_t>(10 + i);
    values['A' + i] = static_cast<std::uint8_t>(10 + i);
  }
  return values;
}();

unsigned hex_value(char c) { return kHexValues[static_cast<unsigned char>(c)]; }

}  // namespace

bool from_hex(std::string_view hex, std::span<std::byte> out) {
  if (hex.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned high = hex_value(hex[2 * i]);
    const unsigned low = hex_value(hex[2 * i + 1]);
    if ((high | low) == kNoDigit) return false;
    out[i] = static_cast<std::byte>(high << 4 | low);
  }
  return true;
}

}  // namespace cxrelay
