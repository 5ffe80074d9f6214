// One claim on its way to the target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cxrelay/http.hpp"
#include "cxrelay/queue.hpp"
#include "delivery/read_back.hpp"

namespace cxrelay::delivery {

struct Job {
  Claim claim;
  HttpRequest request;                      // with the Authorization header
  std::string token;                        // the one in that header
  std::uint64_t token_term = 0;             // see TokenWatch
  bool has_retries = false;                 // some of its updates were sent before
  std::vector<std::size_t> places_to_read;  // items to look up before it is sent, see read_back.hpp
  Reads reads;                              // the looks so far, in that order
  // Set when it goes on the wire:
  std::int64_t started_us = 0;     // monotonic
  std::uint64_t breaker_term = 0;  // see Breaker
  bool is_probe = false;           // of a breaker that is half open
  int retry_cost = 0;              // what it took from the retry budget

  // Its next request is a look and not the one that writes.
  bool is_reading() const noexcept { return reads.size() < places_to_read.size(); }
  // It draws on the retry budget. A look does not, or it would use up what its own request needs.
  bool sends_again() const noexcept { return has_retries && !is_reading(); }
};

using Jobs = std::vector<std::unique_ptr<Job>>;

}  // namespace cxrelay::delivery
