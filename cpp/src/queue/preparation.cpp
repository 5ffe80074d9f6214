#include "queue/preparation.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>

#include "json/write.hpp"

namespace cxrelay::queue {
namespace {

constexpr std::size_t kBlock = 32;
// Below this a thread costs more than it saves.
constexpr std::size_t kWorthAThread = 8 * kBlock;

// One hasher a thread: fetching the algorithm anew costs more than hashing an event.
Sha256& thread_hasher() {
  static thread_local const auto hasher = std::make_unique<Sha256>();
  return *hasher;
}

std::string_view identity_of(const NewUpdate& update) {
  if (!update.identity.empty()) return update.identity;
  return update.original.empty() ? update.mapped : update.original;
}

void prepare(PreparedPut& put) {
  const NewUpdate& update = *put.update;
  put.fingerprint = fingerprint_of(identity_of(update));
  Sha256& hasher = thread_hasher();
  if (!update.original.empty()) {
    put.original_digest = payload_digest(hasher, put.salt, update.original);
  }
  if (!update.mapped.empty()) put.mapped_digest = payload_digest(hasher, put.salt, update.mapped);
}

}  // namespace

Fingerprint fingerprint_of(std::string_view json) {
  static thread_local std::string minified;
  minified.clear();
  json::append_minified(minified, json);
  const Digest digest = thread_hasher().begin().add(minified).finish();
  Fingerprint fingerprint;
  std::copy_n(digest.begin(), fingerprint.size(), fingerprint.begin());
  return fingerprint;
}

Preparation::Preparation(std::span<const NewUpdate> updates, Random& random)
    : puts_(updates.size()), blocks_((updates.size() + kBlock - 1) / kBlock) {
  std::vector<Salt> salts(updates.size());
  random.fill(std::as_writable_bytes(std::span(salts)));
  for (std::size_t i = 0; i < updates.size(); ++i) {
    puts_[i].update = &updates[i];
    puts_[i].salt = salts[i];
  }
  if (updates.size() < kWorthAThread) {
    while (prepare_next()) continue;
    return;
  }
  try {
    helper_ = std::thread([this] { run_ahead(); });
  } catch (const std::system_error&) {
    // No thread to be had: at() does all of it.
  }
}

Preparation::~Preparation() {
  next_block_ = blocks_.size();
  if (helper_.joinable()) helper_.join();
}

const PreparedPut& Preparation::at(std::size_t index) {
  const std::size_t block = index / kBlock;
  for (;;) {
    const Status status = blocks_[block].load(std::memory_order_acquire);
    if (status == Status::ready) return puts_[index];
    if (status == Status::failed) {
      prepare_block(block);  // throws what the helper could not
    } else if (!prepare_next()) {
      blocks_[block].wait(Status::open, std::memory_order_acquire);
    }
  }
}

void Preparation::run_ahead() noexcept {
  while (prepare_next()) continue;
}

// The next block that nobody has begun. False if there is none.
bool Preparation::prepare_next() {
  const std::size_t block = next_block_.fetch_add(1);
  if (block >= blocks_.size()) return false;
  try {
    prepare_block(block);
  } catch (...) {
    blocks_[block].store(Status::failed, std::memory_order_release);
    blocks_[block].notify_one();
  }
  return true;
}

void Preparation::prepare_block(std::size_t block) {
  const std::size_t first = block * kBlock;
  const std::size_t last = std::min(first + kBlock, puts_.size());
  for (std::size_t i = first; i < last; ++i) prepare(puts_[i]);
  blocks_[block].store(Status::ready, std::memory_order_release);
  blocks_[block].notify_one();
}

}  // namespace cxrelay::queue
