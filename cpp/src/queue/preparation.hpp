// What is computed of an update before it is stored: its fingerprint and the digests of its payloads. That is a fifth of
// the work of a bulk put, and the only part that need not be done one update after the other, so a helper thread does it
// ahead of the one that stores.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "base/digest.hpp"
#include "cxrelay/clock.hpp"
#include "cxrelay/queue.hpp"
#include "queue/journal.hpp"

namespace cxrelay::queue {

// The identity of a payload: the first 16 bytes of the SHA-256 of its text without insignificant whitespace.
Fingerprint fingerprint_of(std::string_view json);

struct PreparedPut {
  const NewUpdate* update = nullptr;
  Fingerprint fingerprint{};
  Salt salt{};
  std::optional<Digest> original_digest;
  std::optional<Digest> mapped_digest;
};

class Preparation {
 public:
  // Few updates are prepared here and now; for many a thread is started. The updates must outlive it.
  Preparation(std::span<const NewUpdate> updates, Random& random);
  ~Preparation();
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  std::size_t size() const noexcept { return puts_.size(); }
  // Prepares it now if the helper has not come to it. One thread at a time.
  const PreparedPut& at(std::size_t index);

 private:
  enum class Status : unsigned char { open, ready, failed };

  void run_ahead() noexcept;
  bool prepare_next();
  void prepare_block(std::size_t block);

  std::vector<PreparedPut> puts_;
  std::vector<std::atomic<Status>> blocks_;
  std::atomic<std::size_t> next_block_ = 0;
  std::thread helper_;
};

}  // namespace cxrelay::queue
