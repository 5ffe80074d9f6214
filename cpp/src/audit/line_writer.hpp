// Writes records as lines.
#pragma once

#include <string>

#include "audit/line_reader.hpp"

namespace cxrelay {

// Keeps its buffers from line to line. Not thread-safe.
class LineWriter {
 public:
  // Appends the record's line and its '\n'. Every line is read back before it counts as written, so
  // that nothing gets into a trail that its verifier cannot read. Throws AuditError for a record
  // that has no line: a text that is not UTF-8, a detail that is not an object.
  void append(std::string& out, const AuditRecord& record, const Digest& previous);

 private:
  bool set_status(AuditLine& line);
  bool try_append(std::string& out, const AuditLine& line);

  json::Document detail_;
  json::Document payload_;
  LineReader reader_;
};

}  // namespace cxrelay
