// What the queue's tests are told with: a queue file, and verbs for what happens to it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "cxrelay/queue.hpp"
#include "queue_verbs.hpp"
#include "temp_dir.hpp"

namespace cxrelay::testing {

class QueueTest : public ::testing::Test, protected QueueVerbs {
 protected:
  QueueTest() { open(); }
  // The invariant that every test ends with.
  ~QueueTest() override {
    if (!queue_) open();
    const auto result = queue_->check();
    for (const auto& problem : result.problems) ADD_FAILURE() << problem;
    queue_.reset();  // before its directory goes
  }

  void open() {
    queue_.reset();
    queue_ = open_queue();
  }
  std::unique_ptr<Queue> open_queue() {
    SqliteQueueOptions options;
    options.path = path_;
    return open_sqlite_queue(options, clock_);
  }

  TempDir directory_;
  std::string path_ = directory_.file("queue.db");
};

}  // namespace cxrelay::testing
