// Export, checkpoints and verification of the audit trail.
#include "bindings.hpp"
#include "cxrelay/audit.hpp"
#include "cxrelay/checkpoint.hpp"
#include "cxrelay/queue.hpp"
#include "cxrelay/retention.hpp"
#include "handle.hpp"

namespace cxrelay::bindings {

namespace {

VerifyResult verify(const std::string& path, const std::optional<std::string>& checkpoints,
                    const std::vector<std::string>& public_keys,
                    const std::optional<std::string>& tombstones) {
  return verify_audit(path, {checkpoints.value_or(""), public_keys, tombstones.value_or("")});
}

py::dict retain_trail(const Handle<Queue>& queue, const std::string& path,
                      const std::string& key_path, std::int64_t older_than_us, bool dry_run,
                      const std::string& operator_name) {
  RetainedTrail done;
  {
    const py::gil_scoped_release release;
    RetentionOptions options;
    options.path = path;
    options.key_path = key_path;
    options.older_than_us = older_than_us;
    options.dry_run = dry_run;
    done = retain_trail(*queue.get(), std::move(options), operator_name);
  }
  py::dict out;
  out["removed"] = done.removed;
  out["records"] = done.records;
  out["last_seq"] = done.last_seq;
  return out;
}

void bind_checkpoints(py::module_& m) {
  const auto release = py::call_guard<py::gil_scoped_release>();
  py::class_<Checkpoint>(m, "Checkpoint")
      .def_readonly("seq", &Checkpoint::seq)
      .def_readonly("time_us", &Checkpoint::time_us)
      .def_readonly("key_id", &Checkpoint::key_id)
      .def_property_readonly("line", [](const Checkpoint& self) { return to_line(self); });
  m.def("generate_checkpoint_key", &generate_checkpoint_key, py::arg("path"), release);
  m.def(
      "sign_checkpoint",
      [](const std::string& path, const std::string& key_path) {
        return sign_checkpoint(path, key_path);
      },
      py::arg("path"), py::arg("key_path"), release);
  m.def("write_checkpoint", &write_checkpoint, py::arg("checkpoint"), py::arg("output"), release);
}

}  // namespace

void bind_audit(py::module_& m) {
  py::class_<ExportResult>(m, "ExportResult")
      .def_readonly("records", &ExportResult::records)
      .def_readonly("last_seq", &ExportResult::last_seq)
      .def_readonly("closed_segments", &ExportResult::closed_segments);
  py::class_<VerifyResult>(m, "VerifyResult")
      .def_readonly("ok", &VerifyResult::ok)
      .def_readonly("records", &VerifyResult::records)
      .def_readonly("first_seq", &VerifyResult::first_seq)
      .def_readonly("last_seq", &VerifyResult::last_seq)
      .def_readonly("first_hash", &VerifyResult::first_hash)
      .def_readonly("last_hash", &VerifyResult::last_hash)
      .def_readonly("trail", &VerifyResult::trail)
      .def_readonly("problem", &VerifyResult::problem)
      .def_readonly("file", &VerifyResult::file)
      .def_readonly("line", &VerifyResult::line)
      .def_readonly("checkpoints", &VerifyResult::checkpoints)
      .def_readonly("checkpoint_seq", &VerifyResult::checkpoint_seq)
      .def_readonly("checkpoint_time_us", &VerifyResult::checkpoint_time_us)
      .def_readonly("tombstones", &VerifyResult::tombstones)
      .def_readonly("removed_seq", &VerifyResult::removed_seq)
      .def_readonly("tombstone_time_us", &VerifyResult::tombstone_time_us)
      .def_readonly("tombstones_checked", &VerifyResult::tombstones_checked);
  m.def(
      "export_audit",
      [](const Handle<Queue>& queue, const std::string& path, std::size_t max_segment_bytes,
         const std::string& checkpoint_key, const std::string& checkpoint_output,
         std::int64_t checkpoint_records, std::int64_t checkpoint_minutes, bool compress) {
        ExportOptions options;
        options.path = path;
        options.max_segment_bytes = max_segment_bytes;
        options.checkpoint.key_path = checkpoint_key;
        options.checkpoint.output = checkpoint_output;
        options.checkpoint.records = checkpoint_records;
        options.checkpoint.minutes = checkpoint_minutes;
        options.compress = compress;
        return export_audit(queue.get()->audit_source(), options);
      },
      py::arg("queue"), py::arg("path"),
      py::arg("max_segment_bytes") = ExportOptions{}.max_segment_bytes,
      py::arg("checkpoint_key") = "", py::arg("checkpoint_output") = "",
      py::arg("checkpoint_records") = CheckpointOptions{}.records,
      py::arg("checkpoint_minutes") = CheckpointOptions{}.minutes, py::arg("compress") = false,
      py::call_guard<py::gil_scoped_release>());
  m.def(
      "audit_lines",
      [](const Handle<Queue>& queue, std::int64_t after, std::size_t limit) {
        std::vector<std::string> lines;
        {
          const py::gil_scoped_release release;
          lines = audit_lines(queue.get()->audit_source(), after, limit);
        }
        py::list found(lines.size());
        for (std::size_t i = 0; i < lines.size(); ++i) found[i] = py::bytes(lines[i]);
        return found;
      },
      py::arg("queue"), py::arg("after"), py::arg("limit"));
  m.def("verify_audit", &verify, py::arg("path"), py::arg("checkpoints") = py::none(),
        py::arg("public_keys") = std::vector<std::string>(), py::arg("tombstones") = py::none(),
        py::call_guard<py::gil_scoped_release>());
  m.def("retain_trail", &retain_trail, py::arg("queue"), py::arg("path"), py::arg("key_path"),
        py::arg("older_than_us"), py::arg("dry_run") = false, py::arg("operator_name") = "");
  bind_checkpoints(m);
}

}  // namespace cxrelay::bindings
