// What an implementation of Queue says of itself to be judged by the conformance suite.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <ostream>
#include <string>

#include "cxrelay/queue.hpp"
#include "fake_clock.hpp"

namespace cxrelay::testing {

// Where a queue lives: a file, a database, a key space. A fresh and empty one for each test.
class QueueStore {
 public:
  virtual ~QueueStore() = default;
  // A handle as one process has it; any number at once. Time is `clock`'s, for leases and delays too.
  virtual std::unique_ptr<Queue> open(std::shared_ptr<Clock> clock) = 0;
  // The process of this handle dies: what it holds is neither settled nor released nor resigned.
  virtual void crash(std::unique_ptr<Queue> queue) { queue.reset(); }
};

enum class Deliverers {
  one,  // elect() says true to one handle at a time, which gets everything
  many  // elect() says true to all; what one has claimed is leased to it
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<QueueStore>()> make;
  Deliverers deliverers = Deliverers::one;
  // After a silence this long a deliverer that hangs has lost its right.
  std::int64_t lease_us = 30'000'000;
  // What a dead one held can be claimed by others at once; otherwise when its lease ends.
  bool notices_death = true;
};

// For the names of the tests.
inline std::ostream& operator<<(std::ostream& out, const Implementation& implementation) {
  return out << implementation.name;
}

}  // namespace cxrelay::testing
