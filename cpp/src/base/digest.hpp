// SHA-256 and hexadecimal text. OpenSSL stays behind this header.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cxrelay {

using Digest = std::array<std::byte, 32>;

// A reusable context: fetching the algorithm anew for each message costs more than hashing a small one.
// One per thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Sha256& begin();
  Sha256& add(std::string_view bytes);
  Sha256& add(std::span<const std::byte> bytes);
  Sha256& add(std::uint8_t byte);
  Digest finish();

 private:
  void* context_;  // EVP_MD_CTX
};

// One message, with this thread's context.
Digest sha256(std::string_view bytes);

// Of the OpenSSL library that is linked, e.g. "3.0.19".
std::string openssl_version();

std::string to_hex(std::span<const std::byte> bytes);  // lower-case
void append_hex(std::string& out, std::span<const std::byte> bytes);
// False if `hex` is not exactly 2 * out.size() lower- or upper-case digits.
bool from_hex(std::string_view hex, std::span<std::byte> out);

inline std::string_view as_chars(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace cxrelay
