// What the deliverer knows of the updates that wait, kept per interaction in event-time order, at most one of an
// interaction in flight (P5). Memory only; rebuilt from the file. Pure: time is an argument.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

namespace cxrelay::queue {

struct Entry {
  std::int64_t seq = 0;
  std::uint64_t interaction = 0;  // hash of the interaction id
  std::int64_t event_time_us = 0;
  std::int64_t next_at_us = 0;  // as stored: part of the row's key
  int attempts = 0;
};

class Waiting {
 public:
  // Adds an update that is not in flight. `due_mono_us`: 0 = at once, else monotonic time before which its
  // interaction must wait.
  void add(const Entry& entry, std::int64_t due_mono_us);

  // The interaction has an update in flight that take() did not give: one found in the file.
  void hold(std::uint64_t interaction) { groups_[interaction].status = Status::in_flight; }

  // The next batch: the halves of a refused one first, then due interactions, each with its oldest update.
  // Taken updates are in flight until finish(), again() or give_back() is called for them.
  // `untried_only`: interactions whose oldest update was sent before keep their place.
  std::vector<Entry> take(std::size_t max_updates, std::int64_t now_mono_us,
                          bool untried_only = false);

  // The update is done for good; the interaction's next one may go.
  void finish(const Entry& entry);
  // The update waits again. `entry` carries its new attempts and next_at_us.
  void again(const Entry& entry, std::int64_t due_mono_us);
  // A refused batch waits again as two halves that are not mixed with others.
  void split(std::vector<Entry> entries);

  // Updates of the interaction, in memory and not done, apart from the one in flight.
  bool holds(std::uint64_t interaction, std::int64_t seq) const;

  // Interactions, at most.
  std::size_t ready(bool untried_only = false) const noexcept {
    return untried_.size() + (untried_only ? 0 : tried_.size());
  }
  bool any_ready(std::int64_t now_mono_us) const;
  // Monotonic time at which the next delayed interaction becomes due.
  std::optional<std::int64_t> next_due_us() const;
  std::size_t size() const noexcept { return size_; }

 private:
  enum class Status { ready, delayed, in_flight };
  struct Group {
    Status status = Status::ready;
    std::vector<Entry> waiting;  // by (event time, seq), newest first: the oldest is at the back
  };
  struct Ready {
    std::uint64_t place;  // in the common line
    std::uint64_t interaction;
  };
  struct Delay {
    std::int64_t due_mono_us;
    std::uint64_t interaction;
    bool operator>(const Delay& other) const { return due_mono_us > other.due_mono_us; }
  };

  std::deque<Ready>* next_line(bool untried_only);
  static void insert(Group& group, const Entry& entry);
  void schedule(std::uint64_t interaction, Group& group, std::int64_t due_mono_us);
  void release_due(std::int64_t now_mono_us);
  void release_group(std::uint64_t interaction);

  std::unordered_map<std::uint64_t, Group> groups_;
  // Due interactions in the order in which they became due, apart by whether their oldest update
  // was sent before.
  std::deque<Ready> untried_;
  std::deque<Ready> tried_;
  std::uint64_t places_ = 0;
  std::priority_queue<Delay, std::vector<Delay>, std::greater<>> delayed_;
  std::deque<std::vector<Entry>> halves_;
  std::size_t size_ = 0;
};

}  // namespace cxrelay::queue
