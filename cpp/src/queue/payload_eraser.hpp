// Taking the payloads out of a journal row (docs/audit.md, "Erasing a payload"): for an operator, and for retention.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/digest.hpp"
#include "sqlite/database.hpp"
#include "sqlite/statement.hpp"

namespace cxrelay::queue {

// Inside a write transaction.
class PayloadEraser {
 public:
  explicit PayloadEraser(sqlite::Database& writer);

  // Replaces original, mapped and salt by the digests; the row only shrinks. Bytes of the payloads; none if the row
  // has no payload, or is not there.
  std::optional<std::size_t> erase(std::int64_t seq);

 private:
  sqlite::Statement read_;
  sqlite::Statement erase_;
  Sha256 hasher_;
};

}  // namespace cxrelay::queue
