// What every binding file includes first, and the list of register functions.
//
// A binding has no logic: arguments become C++ values, the GIL is released where the call waits (nothing of Python
// is touched there), the result becomes Python values.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string_view>
#include <vector>

#include "cxrelay/errors.hpp"

namespace py = pybind11;

namespace cxrelay::bindings {

void bind_audit(py::module_& m);
void bind_auth(py::module_& m);
void bind_errors(py::module_& m);
void bind_event(py::module_& m);
void bind_libraries(py::module_& m);
void bind_mapping(py::module_& m);
void bind_privacy(py::module_& m);
void bind_queue(py::module_& m);
void bind_relay(py::module_& m);

// [(type, loc, msg), ...]: what cxrelay.errors.ValidationError is made from.
py::list details_list(const std::vector<ErrorDetail>& details);

}  // namespace cxrelay::bindings
