#include "audit/replacement.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "cxrelay/errors.hpp"

namespace cxrelay {

Replacement::Replacement(std::string path, std::string replaced)
    : path_(std::move(path)),
      replaced_(std::move(replaced)),
      fd_(open_private(path_, O_WRONLY | O_CREAT | O_EXCL)) {}

Replacement::~Replacement() {
  if (fd_.valid()) ::unlink(path_.c_str());
}

void Replacement::take_place() {
  sync_data(fd_.get());
  if (std::rename(path_.c_str(), replaced_.c_str()) != 0) {
    throw AuditError("cannot rename " + path_ + " to " + replaced_ + ": " +
                     std::generic_category().message(errno));
  }
  fd_.reset();
  sync_directory_of(replaced_);
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  throw AuditError("cannot remove " + path + ": " + std::generic_category().message(errno));
}

}  // namespace cxrelay
