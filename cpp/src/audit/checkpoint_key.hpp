// The files of a checkpoint key.
#pragma once

#include <string>
#include <vector>

#include "base/ed25519.hpp"

namespace cxrelay {

// Throws AuditError if there is no such file, if others may read it, or if it holds no unencrypted
// Ed25519 key.
SigningKey read_signing_key(const std::string& path);

// Throws AuditError if there is no such file or if it holds no Ed25519 key.
PublicKey read_public_key(const std::string& path);

}  // namespace cxrelay
