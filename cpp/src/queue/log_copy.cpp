#include "queue/log_copy.hpp"

#include <system_error>

namespace cxrelay::queue {

LogCopy::LogCopy(sqlite::Database& database) : database_(database) { database_.hold_pages(); }

LogCopy::~LogCopy() {
  finish();
  database_.release_pages();
}

void LogCopy::begin(const std::function<void()>& copy) {
  try {
    thread_ = std::thread(copy);
  } catch (const std::system_error&) {
    // A commit copies then.
  }
}

void LogCopy::finish() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace cxrelay::queue
