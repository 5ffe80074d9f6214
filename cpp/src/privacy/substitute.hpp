// What stands in the place of a value that is masked or hashed, as JSON text. Formats are in docs/privacy.md; hashes are
// stored and compared, so theirs does not change.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/hmac.hpp"
#include "json/document.hpp"

namespace cxrelay::privacy {

// "***", with the last code points of a text or number behind it if at least four others are hidden.
std::string mask(const json::Node& value, std::size_t keep_last);

// A policy's key, and the name that hashes made with it carry.
class HashKey {
 public:
  explicit HashKey(std::string_view key);
  const std::string& id() const noexcept { return id_; }  // eight hex digits
  // "hmac-sha256:<id>:<hex>" of the value as json::append_value() spells it.
  std::string hash(const json::Document& document, const json::Node& value) const;

 private:
  HmacSha256 hmac_;
  std::string id_;
};

}  // namespace cxrelay::privacy
