// The bytes of a str, bytes, bytearray or memoryview without a copy, for as long as this lives.
#pragma once

#include <string_view>
#include <utility>

#include "bindings.hpp"

namespace cxrelay::bindings {

// Made with the GIL held; view() may be read without it. A str with a lone surrogate has no UTF-8 form: its view
// holds the one byte 0xFF, which every parser refuses as invalid UTF-8.
class RawText {
 public:
  explicit RawText(py::handle object) {
    if (PyBytes_Check(object.ptr())) {
      owner_ = py::reinterpret_borrow<py::object>(object);
      view_ = {PyBytes_AS_STRING(object.ptr()),
               static_cast<std::size_t>(PyBytes_GET_SIZE(object.ptr()))};
    } else if (PyUnicode_Check(object.ptr())) {
      owner_ = py::reinterpret_borrow<py::object>(object);
      Py_ssize_t size = 0;
      const char* data = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
      if (data == nullptr) PyErr_Clear();
      view_ = data != nullptr ? std::string_view(data, static_cast<std::size_t>(size))
                              : std::string_view("\xFF", 1);
    } else if (PyObject_CheckBuffer(object.ptr()) != 0) {
      // A bytearray may be changed by another thread while the GIL is released: take a copy.
      owner_ = py::reinterpret_steal<py::object>(PyBytes_FromObject(object.ptr()));
      if (!owner_) throw py::error_already_set();
      view_ = {PyBytes_AS_STRING(owner_.ptr()),
               static_cast<std::size_t>(PyBytes_GET_SIZE(owner_.ptr()))};
    } else {
      throw py::type_error("expected str, bytes, bytearray or memoryview");
    }
  }

  std::string_view view() const noexcept { return view_; }

 private:
  py::object owner_;
  std::string_view view_;
};

}  // namespace cxrelay::bindings
