#include "queue/payload_eraser.hpp"

#include <algorithm>
#include <span>

#include "audit/chain.hpp"
#include "queue/journal.hpp"

namespace cxrelay::queue {
namespace {

std::optional<Digest> digest_of(Sha256& hasher, const sqlite::Statement& row, int column,
                                const Salt& salt) {
  if (row.is_null(column)) return std::nullopt;
  return payload_digest(hasher, salt, row.text(column));
}

void bind_digest(sqlite::Statement& statement, int index, const std::optional<Digest>& digest) {
  if (digest) {
    statement.bind_blob(index, std::span<const std::byte>(*digest));
  } else {
    statement.bind_null(index);
  }
}

}  // namespace

PayloadEraser::PayloadEraser(sqlite::Database& writer)
    : read_(writer,
            "SELECT salt, original, mapped FROM journal WHERE seq = ?1 AND"
            " (original IS NOT NULL OR mapped IS NOT NULL)"),
      erase_(writer,
             "UPDATE journal SET salt = NULL, original = NULL, mapped = NULL,"
             " original_digest = coalesce(?2, original_digest),"
             " mapped_digest = coalesce(?3, mapped_digest) WHERE seq = ?1") {}

std::optional<std::size_t> PayloadEraser::erase(std::int64_t seq) {
  read_.reset().bind(1, seq);
  if (!read_.step()) return std::nullopt;
  Salt salt{};
  const auto stored = read_.blob(0);
  std::copy_n(stored.begin(), std::min(stored.size(), salt.size()), salt.begin());
  const auto original = digest_of(hasher_, read_, 1, salt);
  const auto mapped = digest_of(hasher_, read_, 2, salt);
  const std::size_t bytes = read_.text(1).size() + read_.text(2).size();
  read_.reset();
  erase_.reset().bind(1, seq);
  bind_digest(erase_, 2, original);
  bind_digest(erase_, 3, mapped);
  erase_.run();
  return bytes;
}

}  // namespace cxrelay::queue
