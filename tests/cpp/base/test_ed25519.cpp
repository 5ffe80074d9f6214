#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/ed25519.hpp"

namespace cxrelay {
namespace {

template <std::size_t N>
std::array<std::byte, N> unhex(std::string_view hex) {
  std::array<std::byte, N> out;
  EXPECT_TRUE(from_hex(hex, out));
  return out;
}

// RFC 8032, section 7.1, tests 1 and 3: public key, message, signature.
struct Known {
  std::string_view key;
  std::string_view message;
  std::string_view signature;
};
constexpr Known kEmptyMessage{
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
    "6bd25bf5f0595bbe24655141438e7a100b"};
constexpr Known kTwoBytes{
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xAF\x82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
    "594a7c15e9716ed28dc027beceea1ec40a"};

TEST(Ed25519Test, KnownSignatures) {
  for (const Known& known : {kEmptyMessage, kTwoBytes}) {
    const auto key = unhex<32>(known.key);
    const auto signature = unhex<64>(known.signature);
    EXPECT_TRUE(is_signed_by(key, known.message, signature));
    EXPECT_FALSE(is_signed_by(key, std::string(known.message) + "x", signature));
  }
  EXPECT_FALSE(is_signed_by(unhex<32>(kTwoBytes.key), kEmptyMessage.message,
                            unhex<64>(kEmptyMessage.signature)));
}

TEST(Ed25519Test, EveryByteOfASignatureMatters) {
  const auto key = SigningKey::generate();
  const Signature signature = key.sign("message");
  EXPECT_TRUE(is_signed_by(key.public_key(), "message", signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Signature altered = signature;
    altered[i] ^= std::byte{1};
    EXPECT_FALSE(is_signed_by(key.public_key(), "message", altered)) << i;
  }
}

TEST(Ed25519Test, KeysAsText) {
  const auto key = SigningKey::generate();
  std::string pem = key.to_pem();
  EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const auto again = SigningKey::from_pem(pem);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_EQ(again->sign("m"), key.sign("m"));
  EXPECT_EQ(public_key_from_pem(to_pem(key.public_key())), key.public_key());
  EXPECT_NE(SigningKey::generate().public_key(), key.public_key());
  wipe(pem);
  EXPECT_TRUE(pem.empty());
}

TEST(Ed25519Test, OtherTextsAreNoKeys) {
  const auto key = SigningKey::generate();
  // A key on the curve P-256, and a private key under a passphrase: the terminal is never asked.
  constexpr std::string_view kOtherKind =
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP\n"
      "40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
      "-----END PUBLIC KEY-----\n";
  constexpr std::string_view kEncrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMBoGCSqGSIb3DQEFDTANBgkqhkiG9w0BBQwwAAQA\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const std::string& text :
       {std::string(), std::string("text"), key.to_pem().substr(0, 60), std::string(kOtherKind),
        std::string(kEncrypted), to_pem(key.public_key())}) {
    EXPECT_FALSE(SigningKey::from_pem(text));
  }
  for (const std::string& text : {std::string(), std::string(kOtherKind), key.to_pem()}) {
    EXPECT_FALSE(public_key_from_pem(text));
  }
}

}  // namespace
}  // namespace cxrelay
