// What really happened, for the verdict: every event that was put, and what was claimed and settled.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cxrelay/queue.hpp"

namespace cxrelay::simulation {

// One event. Each value that it sets is its number, so that the server's state tells whose value it holds.
struct SimEvent {
  int number = 0;
  std::int64_t seq = 0;
  std::string interaction;
  std::int64_t time_us = 0;
  std::string key;
  std::set<std::string> attributes;

  std::string payload() const { return payload_of(attributes, number); }
  static std::string payload_of(const std::set<std::string>& attributes, int number) {
    std::string out = "{";
    for (const auto& name : attributes) {
      out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + std::to_string(number);
    }
    return out + "}";
  }
  // Event time, and the order of arrival among equal ones.
  std::pair<std::int64_t, std::int64_t> order() const { return {time_us, seq}; }
};

class Truth {
 public:
  std::vector<SimEvent> events;  // by number
  std::map<std::int64_t, int> number_of_seq;
  std::map<int, std::uint64_t> completed_at;  // event -> step in which that was settled
  std::uint64_t step = 0;                     // grows with every thing that happens
  std::vector<std::string> violations;
  std::map<std::string, int> seen;  // what kinds of trouble came up, and how often

  const SimEvent& by_seq(std::int64_t seq) const {
    return events[static_cast<std::size_t>(number_of_seq.at(seq))];
  }
  static std::vector<std::int64_t> seqs_of(const ClaimedUpdate& update) {
    auto seqs = update.merged;
    seqs.push_back(update.seq);
    return seqs;
  }

  // The same key comes with the same payload, but for what was never sent or was parted.
  void on_claim(const Claim& claim);
  // The settlement is on disk.
  void on_settled(const Claim& claim, const Settlement& settlement);
  // What was given up may have become late meanwhile.
  void on_revived() {
    std::erase_if(keys_, [](const auto& use) { return !use.second.flying; });
  }

 private:
  struct KeyUse {
    std::string payload;
    bool sent = false;  // may have been, in an attempt before the last
    bool flying = false;
  };
  std::map<std::string, KeyUse> keys_;
};

}  // namespace cxrelay::simulation
