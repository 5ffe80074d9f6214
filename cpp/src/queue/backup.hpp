// A copy of a queue file that is whole or not there.
#pragma once

#include <string>

#include "cxrelay/queue.hpp"
#include "sqlite/database.hpp"

namespace cxrelay::queue {

// See backup_sqlite(). `source` is a connection of its own: it reads until the copy is made.
BackupResult back_up(sqlite::Database& source, const std::string& path,
                     const BackupOptions& options);

}  // namespace cxrelay::queue
