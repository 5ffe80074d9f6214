// cxrelay.Mapping. A body is read where it lies, and a result is one small tuple: a call costs
// little more than the mapping itself.
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "cxrelay/mapping.hpp"

namespace cxrelay::bindings {
namespace {

// Lists with more input than this are mapped without the GIL; below it, giving it up costs more
// than it brings.
constexpr std::size_t kReleaseBytes = 64 * 1024;

py::object checked(PyObject* object) {
  if (!object) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

// The bytes of a body for as long as this lives. The caller keeps `body` itself alive.
class RawBody {
 public:
  explicit RawBody(py::handle body) {
    if (PyBytes_Check(body.ptr())) {
      read_bytes(body);
    } else if (PyUnicode_Check(body.ptr())) {
      read_str(body);
    } else {
      read_buffer(body);
    }
  }

  std::string_view text() const noexcept { return text_; }
  bool is_unicode() const noexcept { return is_unicode_; }  // false for a str with a lone surrogate

 private:
  // What has to be given back: nothing for bytes and str, which are read where they lie.
  struct Held {
    Held() = default;
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() {
      if (buffer.obj) PyBuffer_Release(&buffer);
    }
    Py_buffer buffer{};
    py::object bytes;
  };

  void read_str(py::handle body) {
    Py_ssize_t size = 0;
    if (const char* data = PyUnicode_AsUTF8AndSize(body.ptr(), &size)) {
      text_ = {data, static_cast<std::size_t>(size)};
      return;
    }
    PyErr_Clear();
    is_unicode_ = false;
  }

  void read_buffer(py::handle body) {
    if (!PyObject_CheckBuffer(body.ptr())) {
      throw py::type_error("a body is bytes, bytearray, memoryview or str, not " +
                           std::string(Py_TYPE(body.ptr())->tp_name));
    }
    held_ = std::make_unique<Held>();
    auto& [buffer, bytes] = *held_;
    if (PyObject_GetBuffer(body.ptr(), &buffer, PyBUF_SIMPLE) == 0) {
      text_ = {static_cast<const char*>(buffer.buf), static_cast<std::size_t>(buffer.len)};
      return;
    }
    PyErr_Clear();  // not in one piece: a copy is
    bytes = checked(PyBytes_FromObject(body.ptr()));
    read_bytes(bytes);
  }

  void read_bytes(py::handle bytes) {
    text_ = {PyBytes_AS_STRING(bytes.ptr()),
             static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
  }

  std::string_view text_;
  bool is_unicode_ = true;
  std::unique_ptr<Held> held_;
};

// (key, payload), or None when there is nothing to write. A key is ASCII: ids and ISO times are.
py::object result_of(std::string_view key, std::string_view payload) {
  if (payload.empty()) return py::none();
  auto text = checked(PyUnicode_New(static_cast<Py_ssize_t>(key.size()), 127));
  std::memcpy(PyUnicode_1BYTE_DATA(text.ptr()), key.data(), key.size());
  auto bytes =
      checked(PyBytes_FromStringAndSize(payload.data(), static_cast<Py_ssize_t>(payload.size())));
  auto pair = checked(PyTuple_New(2));
  PyObject_GC_UnTrack(pair.ptr());  // a text and bytes cannot be part of a cycle
  PyTuple_SET_ITEM(pair.ptr(), 0, text.release().ptr());
  PyTuple_SET_ITEM(pair.ptr(), 1, bytes.release().ptr());
  return pair;
}

// An exception as a value, for a list that goes on behind an invalid element.
py::object error_of(const std::vector<ErrorDetail>& details) {
  return py::module_::import("cxrelay.errors").attr("ValidationError")(details_list(details));
}

[[noreturn]] void throw_invalid(std::vector<ErrorDetail>& details) {
  throw ValidationError("the event is invalid", std::move(details));
}

std::vector<ErrorDetail> lone_surrogates() {
  return {{"string_unicode", {}, "Body should be a string without lone surrogates"}};
}

bool map_body(const Mapping& mapping, const RawBody& body, MappedView& mapped,
              std::vector<ErrorDetail>& errors) {
  if (body.is_unicode()) return mapping.map_json(body.text(), {}, mapped, errors);
  errors = lone_surrogates();
  return false;
}

MappedView map_or_throw(const Mapping& mapping, const RawBody& body) {
  MappedView mapped;
  std::vector<ErrorDetail> errors;
  if (!map_body(mapping, body, mapped, errors)) throw_invalid(errors);
  return mapped;
}

py::object map_one(const Mapping& mapping, py::handle body) {
  const auto mapped = map_or_throw(mapping, RawBody(body));
  return result_of(mapped.idempotency_key, mapped.payload);
}

const Mapping& native(PyObject* self) {
  auto* instance = reinterpret_cast<py::detail::instance*>(self);
  void* value = instance->get_value_and_holder().value_ptr();
  if (!value) throw py::type_error("make a Mapping with from_rules() or default()");
  return *static_cast<const Mapping*>(value);
}

// apply_json as the interpreter's own kind of method: one event takes little longer than the
// dispatch of a bound function would.
PyObject* apply_json(PyObject* self, PyObject* body) {
  try {
    return map_one(native(self), body).release().ptr();
  } catch (const ValidationError& error) {
    const auto instance = error_of(error.details());
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(instance.ptr())), instance.ptr());
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

PyMethodDef apply_json_method = {
    "apply_json", &apply_json, METH_O,
    "apply_json($self, body, /)\n--\n\n"
    "(idempotency key, payload as JSON bytes) of a body, or None when nothing is to be written. "
    "Raises ValidationError."};

// The results of a list, one behind the other in one string, until the GIL is held again.
class Batch {
 public:
  void map(const Mapping& mapping, const std::vector<RawBody>& bodies) {
    MappedView mapped;
    entries_.resize(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      auto& entry = entries_[i];
      entry.begin = text_.size();
      if (!map_body(mapping, bodies[i], mapped, entry.errors)) continue;
      entry.key_size = mapped.idempotency_key.size();
      entry.payload_size = mapped.payload.size();
      text_.append(mapped.idempotency_key).append(mapped.payload);
    }
  }

  py::list results() const {
    py::list out(entries_.size());
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      PyList_SET_ITEM(out.ptr(), static_cast<Py_ssize_t>(i), result(entries_[i]).release().ptr());
    }
    return out;
  }

 private:
  struct Entry {
    std::size_t begin = 0;
    std::size_t key_size = 0;
    std::size_t payload_size = 0;
    std::vector<ErrorDetail> errors = {};
  };

  py::object result(const Entry& entry) const {
    if (!entry.errors.empty()) return error_of(entry.errors);
    const auto text = std::string_view(text_).substr(entry.begin);
    return result_of(text.substr(0, entry.key_size),
                     text.substr(entry.key_size, entry.payload_size));
  }

  std::string text_;
  std::vector<Entry> entries_;
};

py::list map_with_gil(const Mapping& mapping, const std::vector<RawBody>& bodies) {
  MappedView mapped;
  std::vector<ErrorDetail> errors;
  py::list out(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    auto result = map_body(mapping, bodies[i], mapped, errors)
                      ? result_of(mapped.idempotency_key, mapped.payload)
                      : error_of(errors);
    PyList_SET_ITEM(out.ptr(), static_cast<Py_ssize_t>(i), result.release().ptr());
  }
  return out;
}

py::list map_without_gil(const Mapping& mapping, const std::vector<RawBody>& bodies) {
  Batch batch;
  {
    const py::gil_scoped_release without_gil;  // safe: mapping touches no Python object
    batch.map(mapping, bodies);
  }
  return batch.results();
}

py::list apply_json_many(const Mapping& mapping, const py::object& bodies) {
  const auto kept = checked(PySequence_Tuple(bodies.ptr()));  // nobody can drop a body meanwhile
  std::vector<RawBody> raws;
  raws.reserve(static_cast<std::size_t>(PyTuple_GET_SIZE(kept.ptr())));
  std::size_t size = 0;
  for (const py::handle body : py::reinterpret_borrow<py::tuple>(kept)) {
    size += raws.emplace_back(body).text().size();
  }
  return size > kReleaseBytes ? map_without_gil(mapping, raws) : map_with_gil(mapping, raws);
}

std::vector<RuleTrace> trace(const Mapping& mapping, const py::object& body) {
  const RawBody raw(body);
  if (raw.is_unicode()) return mapping.trace(raw.text());
  std::vector<ErrorDetail> errors = lone_surrogates();
  throw_invalid(errors);
}

void bind_rule_trace(py::module_& m) {
  py::class_<RuleTrace>(m, "RuleTrace", "What one rule did with an event.")
      .def_readonly("rule", &RuleTrace::rule)
      .def_readonly("source", &RuleTrace::source)
      .def_readonly("applied", &RuleTrace::applied)
      .def_readonly("target", &RuleTrace::target)
      .def_property_readonly("outcome", [](const RuleTrace& self) { return to_text(self.outcome); })
      .def("__repr__", [](const RuleTrace& self) {
        return py::str("RuleTrace(rule={!r}, source={!r}, applied={!r}, target={!r}, outcome={!r})")
            .format(self.rule, self.source, self.applied, self.target, to_text(self.outcome));
      });
}

py::object json_value(std::string_view text) {
  return py::module_::import("json").attr("loads")(py::str(text.data(), text.size()));
}

// The payload of an event, of a dict as InteractionEvent.model_validate() takes it, or of a body.
std::string payload_of(const Mapping& mapping, const py::object& event) {
  if (py::isinstance<InteractionEvent>(event)) {
    return mapping.apply(event.cast<const InteractionEvent&>());
  }
  if (py::isinstance<py::dict>(event)) {
    const auto event_class = py::module_::import("cxrelay.event").attr("InteractionEvent");
    return payload_of(mapping, event_class.attr("model_validate")(event));
  }
  return std::string(map_or_throw(mapping, RawBody(event)).payload);
}

py::object apply(const Mapping& mapping, const py::object& event) {
  const auto payload = payload_of(mapping, event);
  return payload.empty() ? py::dict() : json_value(payload);
}

Mapping from_rules(const py::object& rules) {
  const bool is_data = py::isinstance<py::dict>(rules) || py::isinstance<py::list>(rules) ||
                       py::isinstance<py::tuple>(rules);
  const py::object text =
      is_data ? py::module_::import("json").attr("dumps")(rules).cast<py::object>() : rules;
  const RawBody body(text);
  if (!body.is_unicode()) throw MappingError("the rules are not valid Unicode", "rules");
  return Mapping::from_json(body.text());
}

py::object rules_of(const Mapping& mapping) { return json_value(mapping.rules_json()); }

std::string repr(const Mapping& mapping) {
  return "Mapping.from_rules(" + py::repr(rules_of(mapping)).cast<std::string>() + ")";
}

}  // namespace

void bind_mapping(py::module_& m) {
  bind_rule_trace(m);
  py::class_<Mapping> type(
      m, "Mapping",
      "Compiled rules from event fields to target attributes. Immutable; any number of "
      "threads may use one.");
  type.def_static("default", &Mapping::default_mapping, "The tutorial's mapper (its step 2).")
      .def_static(
          "from_rules", &from_rules, py::arg("rules"),
          "Compiles a list of rules, {'rules': [...]}, the shorthand {source: target}, or any of "
          "them as JSON text. Raises MappingError with the place.")
      .def("apply", &apply, py::arg("event"), py::pos_only(),
           "The payload of an InteractionEvent, or of a body as bytes, str or dict; {} when "
           "nothing is to be written. Raises ValidationError.")
      .def("apply_json_many", &apply_json_many, py::arg("bodies"), py::pos_only(),
           "apply_json() for each body. An invalid body gives its ValidationError as an element; "
           "the others are mapped all the same.")
      .def("trace", &trace, py::arg("body"), py::pos_only(),
           "What each rule did with a body, in the order of the rules. Raises ValidationError if "
           "it is no event.")
      .def_property_readonly("version", &Mapping::version,
                             "Twelve hexadecimal digits; equal rules have equal versions.")
      .def_property_readonly("rules", &rules_of, "The rules in full form, as a new list.")
      .def(
          "__eq__", [](const Mapping& a, const Mapping& b) { return a == b; }, py::is_operator())
      .def("__hash__", [](const Mapping& self) { return py::hash(py::str(self.version())); })
      .def("__repr__", &repr)
      .def("__copy__", [](const py::object& self) { return self; })
      .def("__deepcopy__", [](const py::object& self, const py::object&) { return self; })
      .def(py::pickle([](const Mapping& self) { return py::str(self.rules_json()); },
                      [](const py::str& rules) { return from_rules(rules); }));
  auto method =
      checked(PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), &apply_json_method));
  type.attr("apply_json") = method;
}

}  // namespace cxrelay::bindings
