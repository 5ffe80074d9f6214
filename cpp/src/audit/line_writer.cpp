#include "audit/line_writer.hpp"

#include <fmt/format.h>

namespace cxrelay {
namespace {

bool same(const LinePayload& written, const LinePayload& read) {
  return written.form == read.form && written.bytes == read.bytes;
}

void settle(LinePayload& payload, json::Document& scratch) {
  if (payload.form != PayloadForm::none) payload.form = form_of(payload.bytes, scratch);
}

}  // namespace

void LineWriter::append(std::string& out, const AuditRecord& record, const Digest& previous) {
  AuditLine line = view_of(record, previous);
  if (set_status(line)) {
    // Nearly every payload can stand as it is: try that first, it saves parsing each of them.
    if (try_append(out, line)) return;
    settle(line.original, payload_);
    settle(line.mapped, payload_);
    if (try_append(out, line)) return;
  }
  throw AuditError(fmt::format("audit record {} has a field that cannot be written", record.seq));
}

bool LineWriter::set_status(AuditLine& line) {
  const json::Node* detail = nullptr;
  if (!line.fields.detail.empty()) {
    if (detail_.parse(line.fields.detail, kPayloadLimits) != json::ParseError::none) return false;
    detail = &detail_.root();
  }
  line.status = derive_status(line.fields.action, detail_, detail);
  return true;
}

// Leaves `out` as it was if the line does not say what was meant.
bool LineWriter::try_append(std::string& out, const AuditLine& line) {
  const std::size_t start = out.size();
  append_line(out, line);
  const std::string_view written(out.data() + start, out.size() - start - 1);
  const bool is_good = written.find('\n') == std::string_view::npos && reader_.read(written) &&
                       same(line.original, reader_.line().original) &&
                       same(line.mapped, reader_.line().mapped) &&
                       line.fields.detail == reader_.line().fields.detail;
  if (!is_good) out.resize(start);
  return is_good;
}

}  // namespace cxrelay
