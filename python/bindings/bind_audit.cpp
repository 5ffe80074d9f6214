// Export and verification of the audit trail.
#include "bindings.hpp"
#include "cxrelay/audit.hpp"
#include "cxrelay/queue.hpp"
#include "handle.hpp"

namespace cxrelay::bindings {

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
      .def_readonly("last_hash", &VerifyResult::last_hash)
      .def_readonly("problem", &VerifyResult::problem)
      .def_readonly("file", &VerifyResult::file)
      .def_readonly("line", &VerifyResult::line);
  m.def(
      "export_audit",
      [](const Handle<Queue>& queue, const std::string& path, std::size_t max_segment_bytes) {
        ExportOptions options;
        options.path = path;
        options.max_segment_bytes = max_segment_bytes;
        return export_audit(queue.get()->audit_source(), options);
      },
      py::arg("queue"), py::arg("path"),
      py::arg("max_segment_bytes") = ExportOptions{}.max_segment_bytes,
      py::call_guard<py::gil_scoped_release>());
  m.def("verify_audit", &verify_audit, py::arg("path"), py::call_guard<py::gil_scoped_release>());
}

}  // namespace cxrelay::bindings
