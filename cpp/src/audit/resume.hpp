// Where an export goes on: what the files hold, whatever happened to the exporter before.
#pragma once

#include <cstdint>
#include <string>

#include "audit/chain.hpp"
#include "base/file.hpp"
#include "cxrelay/audit.hpp"

namespace cxrelay {

struct ExportPlace {
  Fd fd;                       // the open segment, appended to
  std::uint64_t bytes = 0;     // its size: whole lines only
  std::int64_t first_seq = 0;  // its first record; 0 = it is empty
  // Last record in the files; if there is none, the last one that retention has removed; 0 = none at all.
  std::int64_t last_seq = 0;
  Digest last_hash{};       // and its hash
  bool needs_sync = false;  // it holds records that may not be on disk yet
};

// Opens the trail at `path`, cuts off what a killed exporter left unfinished, and makes sure that
// the rest belongs to `source`. The caller holds the trail's lock. Throws AuditError if the files
// are not a prefix of the journal; they are then left as they are.
ExportPlace resume_export(AuditSource& source, const std::string& path);

}  // namespace cxrelay
