#include "delivery/run.hpp"

namespace cxrelay::delivery {

Run::Run(const Parts& parts, HttpTransport& transport)
    : exchange_(parts.exchange), feeder_(parts), sender_(parts, transport) {
  sender_thread_ = std::thread([this] { sender_.run(); });
  try {
    feeder_thread_ = std::thread([this] {
      feeder_.run();
      exchange_->set_over();
    });
  } catch (...) {
    exchange_->abandon(StopReason::failed);
    sender_thread_.join();
    throw;
  }
}

void Run::join() {
  const std::lock_guard lock(join_mutex_);
  if (feeder_thread_.joinable()) feeder_thread_.join();
  if (sender_thread_.joinable()) sender_thread_.join();
}

}  // namespace cxrelay::delivery
