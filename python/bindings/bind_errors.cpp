// The exception tree: the classes live in cxrelay.errors (so that they pickle and document themselves);
// this file raises them for the native ones.
#include "bindings.hpp"
#include "cxrelay/errors.hpp"
#include "cxrelay/queue.hpp"

namespace cxrelay::bindings {
namespace {

py::object error_class(const char* name) {
  return py::module_::import("cxrelay.errors").attr(name);
}

void raise(const char* name, const Error& error) { py::set_error(error_class(name), error.what()); }

void set_instance(const char* name, const py::object& instance) {
  PyErr_SetObject(error_class(name).ptr(), instance.ptr());
}

void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const ValidationError& error) {
    set_instance("ValidationError", error_class("ValidationError")(details_list(error.details())));
  } catch (const MappingError& error) {
    set_instance("MappingError", error_class("MappingError")(error.what(), error.place()));
  } catch (const StoreError& error) {
    set_instance("StoreError", error_class("StoreError")(error.what(), to_text(error.kind())));
  } catch (const ConfigError& error) {
    raise("ConfigError", error);
  } catch (const FencedError& error) {
    raise("FencedError", error);
  } catch (const AuthError& error) {
    raise("AuthError", error);
  } catch (const TransportError& error) {
    raise("TransportError", error);
  } catch (const AuditError& error) {
    raise("AuditError", error);
  } catch (const ClosedError& error) {
    raise("ClosedError", error);
  } catch (const Error& error) {
    raise("Error", error);
  }
}

}  // namespace

py::list details_list(const std::vector<ErrorDetail>& details) {
  py::list out;
  for (const auto& detail : details) {
    out.append(py::make_tuple(detail.type, py::tuple(py::cast(detail.loc)), detail.msg));
  }
  return out;
}

void bind_errors(py::module_&) { py::register_exception_translator(&translate); }

}  // namespace cxrelay::bindings
