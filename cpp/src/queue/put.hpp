// Storing events: what is computed before the transaction, and what is done inside it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "cxrelay/clock.hpp"
#include "cxrelay/queue.hpp"
#include "queue/journal.hpp"
#include "queue/pending.hpp"

namespace cxrelay::queue {

// An update with everything that can be computed outside the transaction, on the caller's thread.
struct PreparedPut {
  const NewUpdate* update = nullptr;
  Fingerprint fingerprint{};
  Salt salt{};
  std::optional<Digest> original_digest;
  std::optional<Digest> mapped_digest;
};

// The identity of a payload: the first 16 bytes of the SHA-256 of its text without insignificant whitespace.
Fingerprint fingerprint_of(std::string_view json);

std::vector<PreparedPut> prepare(std::span<const NewUpdate> updates, Random& random);

// Inside a write transaction: finds duplicates and conflicts, appends the record, makes the update wait.
Receipt store(const PreparedPut& put, Journal& journal, Pending& pending);

}  // namespace cxrelay::queue
