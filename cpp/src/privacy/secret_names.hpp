// Names that mean secrets, as patterns for a member at any depth: the list is in docs/privacy.md with its reasons.
#pragma once

#include <array>
#include <string_view>

namespace cxrelay::privacy {

// To change it changes the version of every policy with the defaults.
inline constexpr auto kSecretNames = std::to_array<std::string_view>({
    "*password",
    "*passwords",
    "*passwd",
    "*pwd",
    "*passphrase",
    "*passcode",
    "*secret",
    "*secrets",
    "*token",
    "*api_key",
    "*private_key",
    "*secret_key",
    "*access_key",
    "*encryption_key",
    "*signing_key",
    "*credential",
    "*credentials",
    "*card_number",
    "*security_code",
    "authorization",
    "proxy_authorization",
    "bearer",
    "jwt",
    "cookie",
    "set_cookie",
    "pin",
    "card_pin",
    "otp",
    "pan",
    "cvv",
    "cvv2",
    "cvc",
    "cvc2",
});

}  // namespace cxrelay::privacy
