// Compressing closed segments.
#pragma once

#include <string>
#include <string_view>

namespace cxrelay {

// Where a compressed segment is written until it is whole.
std::string compressing_path(const std::string& open_path);

// Compresses each closed segment that is still plain: written beside it, synced, renamed; only then is the plain file
// removed. Killed anywhere, the segment is there plain, compressed or both, and another call finishes. The caller holds
// the trail's lock. Throws StoreError or AuditError; every segment is then there all the same.
void compress_closed(const std::string& open_path);

}  // namespace cxrelay
