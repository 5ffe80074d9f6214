// One run of the engine: its two threads, from the start to the end.
#pragma once

#include <memory>
#include <mutex>
#include <thread>

#include "delivery/feeder.hpp"
#include "delivery/sender.hpp"

namespace cxrelay::delivery {

class Run {
 public:
  // Starts the threads. What `parts` refers to, and the transport, must outlive the run.
  Run(const Parts& parts, HttpTransport& transport);
  // A run must be joined before it is destroyed.
  ~Run() = default;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Exchange& exchange() const noexcept { return *exchange_; }
  // Waits for both threads. Any number of callers.
  void join();

 private:
  const std::shared_ptr<Exchange> exchange_;
  Feeder feeder_;
  Sender sender_;
  std::mutex join_mutex_;
  std::thread sender_thread_;
  std::thread feeder_thread_;
};

}  // namespace cxrelay::delivery
