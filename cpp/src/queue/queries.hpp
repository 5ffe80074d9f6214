// Questions about a queue file, on a connection of their own. None of them blocks a writer.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "cxrelay/audit.hpp"
#include "cxrelay/queue.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

QueueStats read_stats(sqlite::Database& database, std::int64_t now_us);
std::vector<UpdateInfo> read_list(sqlite::Database& database, const ListFilter& filter);
// Dead and parked updates that the filter means, and the others of their items. `limit` counts items.
std::vector<UpdateInfo> read_revivable(sqlite::Database& database, const ListFilter& filter);
std::optional<UpdateInfo> read_update(sqlite::Database& database, std::string_view idempotency_key);
std::vector<AuditRecord> read_journal(sqlite::Database& database, std::int64_t after,
                                      std::size_t limit);

}  // namespace cxrelay::queue
