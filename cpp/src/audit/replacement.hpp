// A file that takes the place of another one when it is whole; gone if that does not come to pass.
#pragma once

#include <string>
#include <string_view>

#include "base/file.hpp"

namespace cxrelay {

class Replacement {
 public:
  // Writes to `path` (0600, which must not exist) until it takes the place of `replaced`, which need not exist.
  Replacement(std::string path, std::string replaced);
  ~Replacement();
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  void write(std::string_view bytes) { write_all(fd_.get(), bytes); }
  // Synced, renamed, and the folder synced.
  void take_place();

 private:
  std::string path_;
  std::string replaced_;
  Fd fd_;
};

// Removes a file that may be there. Throws AuditError if that is not possible.
void remove_file(const std::string& path);

}  // namespace cxrelay
