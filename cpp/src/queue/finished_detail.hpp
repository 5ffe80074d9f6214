// The detail of "started" and "finished" records: which updates a request carried and what became of each.
// Grammar in docs/queue.md; the replay in check reads it back.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/queue.hpp"

namespace cxrelay::queue {

// {"target":"...","epoch":3,"updates":[12,13,15],"merged":[[12,15]]}: 12 and 15 go as one, with the key of the last.
std::string started_detail(std::string_view target, std::int64_t epoch,
                           const std::vector<ClaimedUpdate>& updates);

class FinishedDetail {
 public:
  void add(std::int64_t seq, const UpdateOutcome& outcome);
  void add(const ReadBackNote& look);
  // {"status":200,"error_class":"","sent":true,"completed":[12],"retry":[{"seq":13,...}]}
  std::string text(int status, std::string_view error_class, bool sent) const;

 private:
  std::string completed_;                     // "12,14"
  std::map<std::string, std::string> other_;  // outcome word -> objects, comma-separated
  std::string read_back_;                     // objects, comma-separated
};

}  // namespace cxrelay::queue
