#include "base/fork.hpp"

#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>

namespace cxrelay {
namespace {

// A fixed table without a lock: a child of a process with threads may call little more than close(). One that
// finds no place is kept by children, as it would be without all this.
constexpr int kFree = -1;
constexpr std::size_t kPlaces = 256;

std::array<std::atomic<int>, kPlaces>& places() {
  static auto& table = *[] {
    auto* made =
        new std::array<std::atomic<int>, kPlaces>;  // never destroyed: a fork may come late
    for (auto& place : *made) place = kFree;
    return made;
  }();
  return table;
}

void close_all() {
  for (auto& place : places()) {
    const int fd = place.exchange(kFree);
    if (fd != kFree) ::close(fd);
  }
}

}  // namespace

void close_in_children(int fd) {
  static const int registered = (places(), ::pthread_atfork(nullptr, nullptr, &close_all));
  static_cast<void>(registered);
  for (auto& place : places()) {
    int free = kFree;
    if (place.compare_exchange_strong(free, fd)) return;
  }
}

void keep_in_children(int fd) noexcept {
  for (auto& place : places()) {
    int expected = fd;
    if (place.compare_exchange_strong(expected, kFree)) return;
  }
}

}  // namespace cxrelay
