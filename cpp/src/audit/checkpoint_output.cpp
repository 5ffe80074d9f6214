// Where checkpoints go: a file, standard output, syslog.
#include <syslog.h>
#include <unistd.h>

#include "audit/checkpoint_line.hpp"
#include "audit/signed_line.hpp"
#include "base/file.hpp"
#include "cxrelay/checkpoint.hpp"

namespace cxrelay {

void write_checkpoint(const Checkpoint& checkpoint, const std::string& output) {
  const std::string line = to_line(checkpoint);
  if (output == "syslog") {
    ::syslog(LOG_AUTH | LOG_NOTICE, "%s", line.c_str());
    return;
  }
  try {
    if (output == "-") {
      write_all(STDOUT_FILENO, line + '\n');
    } else {
      append_signed_line(output, line, kCheckpointStart, "checkpoint");
    }
  } catch (const StoreError& error) {
    throw AuditError("the checkpoint was not written: " + std::string(error.what()));
  }
}

}  // namespace cxrelay
