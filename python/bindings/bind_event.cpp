// InteractionEvent for Python: texts in, plain values out. The class that users see derives from
// this one (cxrelay/event.py) and adds what needs Python: datetimes, dicts, pydantic.
#include <utility>
#include <variant>

#include "bindings.hpp"
#include "cxrelay/event.hpp"

namespace cxrelay::bindings {
namespace {

[[noreturn]] void refuse(std::vector<ErrorDetail> details) {
  throw ValidationError("invalid event", std::move(details));
}

// UTF-8 of a str without a copy. A lone surrogate has none.
std::string_view text_of(const py::handle& text) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (data == nullptr) {
    PyErr_Clear();
    refuse({{"string_unicode", {}, "Body should be a string without lone surrogates"}});
  }
  return {data, static_cast<std::size_t>(size)};
}

// Holds a request for the bytes of any buffer as long as it lives.
class Bytes {
 public:
  explicit Bytes(const py::handle& object) {
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_FULL_RO) != 0) throw py::error_already_set();
    if (PyBuffer_IsContiguous(&view_, 'C') != 0) return;
    copy_ = py::reinterpret_steal<py::bytes>(PyBytes_FromObject(object.ptr()));
  }
  ~Bytes() { PyBuffer_Release(&view_); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  std::string_view view() const {
    if (copy_) return copy_;
    return {static_cast<const char*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
  py::bytes copy_ = py::reinterpret_steal<py::bytes>(py::handle());
};

EventResult parse(const py::handle& raw, const InputLimits& limits) {
  if (PyUnicode_Check(raw.ptr())) return parse_event(text_of(raw), limits);
  if (PyObject_CheckBuffer(raw.ptr())) return parse_event(Bytes(raw).view(), limits);
  throw py::type_error("an event is parsed from str, bytes, bytearray or memoryview");
}

InteractionEvent parse_or_throw(const py::handle& raw, const InputLimits& limits) {
  auto result = parse(raw, limits);
  if (auto* details = std::get_if<std::vector<ErrorDetail>>(&result)) refuse(std::move(*details));
  return std::get<InteractionEvent>(std::move(result));
}

}  // namespace

void bind_event(py::module_& m) {
  const InputLimits defaults;
  py::class_<InteractionEvent>(m, "InteractionEvent")
      .def(py::init([](const py::object& raw, std::size_t max_bytes, std::size_t max_depth,
                       std::size_t max_keys) {
             return parse_or_throw(raw, {max_bytes, max_depth, max_keys});
           }),
           py::arg("raw"), py::pos_only(), py::kw_only(), py::arg("max_bytes") = defaults.max_bytes,
           py::arg("max_depth") = defaults.max_depth, py::arg("max_keys") = defaults.max_keys)
      .def_readonly("interaction_id", &InteractionEvent::interaction_id)
      .def_readonly("contact_id", &InteractionEvent::contact_id)
      .def_readonly("legacy_crm_id", &InteractionEvent::legacy_crm_id)
      .def_readonly("source_channel", &InteractionEvent::source_channel)
      .def_readonly("attributes_json", &InteractionEvent::attributes)
      .def_property_readonly("original",
                             [](const InteractionEvent& self) { return py::bytes(self.original); })
      .def_property_readonly("timestamp_utc_us",
                             [](const InteractionEvent& self) { return self.timestamp.utc_us; })
      .def_property_readonly("timestamp_offset_s",
                             [](const InteractionEvent& self) { return self.timestamp.offset_s; })
      .def_property_readonly("idempotency_key", &InteractionEvent::idempotency_key)
      .def("to_json", &InteractionEvent::to_json, py::arg("by_alias"));
}

}  // namespace cxrelay::bindings
