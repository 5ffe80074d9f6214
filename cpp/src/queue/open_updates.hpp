// The rows of `open_requests`: requests that were started and are not finished.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "queue/waiting.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

struct OpenUpdate {
  std::int64_t seq = 0;
  std::int64_t next_at_us = 0;  // with seq: the key of its row in `pending`
  std::int64_t item = 0;        // the newest update of those that are sent with it as one
};

struct StoredRequest {
  std::int64_t request_seq = 0;
  std::string request_id;
  std::vector<OpenUpdate> updates;
};

// "[[seq,next_at_us],...]"; with a third number, the item, where several are sent as one.
std::string open_updates_text(const std::vector<Item>& items);

std::vector<StoredRequest> read_open_requests(sqlite::Database& database);

}  // namespace cxrelay::queue
