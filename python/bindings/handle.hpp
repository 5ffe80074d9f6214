// A native object that Python holds and may close while other threads use it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "cxrelay/errors.hpp"

namespace cxrelay::bindings {

// Thread-safe. What get() gave stays alive until its user is done, also over a close().
template <typename Object>
class Handle {
 public:
  Handle(std::shared_ptr<Object> object, const char* name)
      : object_(std::move(object)), name_(name) {}
  Handle(Handle&& other) noexcept : object_(std::move(other.object_)), name_(other.name_) {}

  // Throws ClosedError after close().
  std::shared_ptr<Object> get() const {
    const std::lock_guard lock(mutex_);
    if (object_ == nullptr) throw ClosedError(std::string("this ") + name_ + " is closed");
    return object_;
  }
  void close() {
    std::shared_ptr<Object> last;  // destroyed after the lock is free
    const std::lock_guard lock(mutex_);
    last = std::move(object_);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Object> object_;  // guarded by mutex_
  const char* name_;
};

}  // namespace cxrelay::bindings
