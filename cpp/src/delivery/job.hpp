// One claim on its way to the target.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cxrelay/http.hpp"
#include "cxrelay/queue.hpp"

namespace cxrelay::delivery {

struct Job {
  Claim claim;
  HttpRequest request;           // with the Authorization header
  std::string token;             // the one in that header
  std::uint64_t token_term = 0;  // see TokenWatch
  std::int64_t started_us = 0;   // monotonic; set when it goes on the wire
};

using Jobs = std::vector<std::unique_ptr<Job>>;

}  // namespace cxrelay::delivery
