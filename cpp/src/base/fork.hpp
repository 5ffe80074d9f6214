// Descriptors that a forked child must not keep: a lock (flock) falls only when the last copy of its descriptor is
// closed, so a child would hold on to the lock of a parent that has died.
#pragma once

namespace cxrelay {

// Children forked from now on close their copy of `fd`, which leaves the parent's lock alone. Objects of the child
// that own the descriptor must then not close it again.
void close_in_children(int fd);
// Before the descriptor is closed here.
void keep_in_children(int fd) noexcept;

}  // namespace cxrelay
