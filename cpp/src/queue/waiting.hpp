// What the deliverer knows of the updates that wait, kept per interaction in event-time order, at most one item of an
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
  // The seq of the newest update of the item that this one was sent in, its own if it was alone; 0 = never sent. An
  // item that was sent once keeps its members: its key must not come with another payload.
  std::int64_t item = 0;
  // Memory only: monotonic time before which it must not be sent; 0 = at once.
  std::int64_t due_mono_us = 0;
};

// What goes on the wire as one: an update, or several of one interaction. Oldest first; never empty.
using Item = std::vector<Entry>;

// More updates of an interaction than this are sent in several items.
inline constexpr std::size_t kMostMerged = 64;

class Waiting {
 public:
  // Adds an update that was never sent, was not put off, and is not in flight.
  void add(const Entry& entry);
  // The same for all that was sent before or put off, in the order in which they are to come up. Each is due at its
  // `due_mono_us`.
  void restore(const std::vector<Entry>& entries);

  // The interaction has an update in flight that take() did not give: one found in the file.
  void hold(std::uint64_t interaction) { groups_[interaction].status = Status::in_flight; }

  // The next batch: the halves of a refused one first, then due interactions, each with one item: what was sent
  // before, in its old composition, or else all that waits. Taken items are in flight until finish(), again() or
  // put_back() is called for them. `untried_only`: interactions whose next update was sent before (attempts > 0) keep
  // their place, and so do halves that hold such a one.
  std::vector<Item> take(std::size_t max_items, std::int64_t now_mono_us,
                         bool untried_only = false);

  // Nothing of the interaction is in flight any more; its next item may go when it is due.
  void finish(std::uint64_t interaction);
  // A taken item, or several that it was parted into, waits again; 0 = at once. The entries carry their new attempts,
  // next_at_us and item.
  void again(const Item& entries, std::int64_t due_mono_us);
  // A taken item waits again, before all others.
  void put_back(const Item& item);
  // Updates of a taken item that are not sent with the rest of it: they wait behind it.
  void keep(const Item& entries);
  // A refused batch waits again as two halves that are not mixed with others.
  void split(std::vector<Item> items);

  // Whether the update waits in memory. One that is in flight or in a refused half does not.
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
    // Those that were sent before come first, since they may have been applied; then by (event time, seq). The next
    // one is at the back.
    std::vector<Entry> waiting;
  };
  struct Ready {
    std::int64_t place;  // in the common line
    std::uint64_t interaction;
  };
  struct Delay {
    std::int64_t due_mono_us;
    std::uint64_t interaction;
    bool operator>(const Delay& other) const { return due_mono_us > other.due_mono_us; }
  };

  std::deque<Ready>& line_of(const Group& group);
  std::deque<Ready>* next_line(bool untried_only);
  void insert(Group& group, const Entry& entry);
  Item take_item(Group& group);
  std::vector<Item> take_half(std::size_t max_items, bool untried_only);
  void schedule(std::uint64_t interaction, Group& group);
  void line_up(std::uint64_t interaction, Group& group);
  void release_due(std::int64_t now_mono_us);

  std::unordered_map<std::uint64_t, Group> groups_;
  // Due interactions in the order in which they became due, apart by whether their next update was sent before.
  std::deque<Ready> untried_;
  std::deque<Ready> tried_;
  std::int64_t first_place_ = 0;
  std::int64_t next_place_ = 0;
  std::priority_queue<Delay, std::vector<Delay>, std::greater<>> delayed_;
  std::deque<std::vector<Item>> halves_;
  std::size_t size_ = 0;
};

}  // namespace cxrelay::queue
