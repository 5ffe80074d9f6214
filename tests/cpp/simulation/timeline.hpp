// What will happen and when: a queue of things to do, by monotonic time, then in the order they were planned.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace cxrelay::simulation {

class Timeline {
 public:
  using Deed = std::function<void()>;

  void plan(std::int64_t at_us, Deed deed) {
    deeds_.emplace(std::pair(at_us, ++planned_), std::move(deed));
  }
  // Does all that is due, also what that plans for the same moment.
  void run_until(std::int64_t now_us) {
    while (!deeds_.empty() && deeds_.begin()->first.first <= now_us) {
      const Deed deed = std::move(deeds_.begin()->second);
      deeds_.erase(deeds_.begin());
      deed();
    }
  }
  bool empty() const { return deeds_.empty(); }
  // When there is something to do; 0 = never.
  std::int64_t next_us() const { return deeds_.empty() ? 0 : deeds_.begin()->first.first; }

 private:
  std::map<std::pair<std::int64_t, std::uint64_t>, Deed> deeds_;
  std::uint64_t planned_ = 0;
};

}  // namespace cxrelay::simulation
