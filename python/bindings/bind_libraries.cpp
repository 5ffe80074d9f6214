// Facts for `cxrelay doctor`.
#include "bindings.hpp"
#include "cxrelay/http.hpp"
#include "cxrelay/libraries.hpp"
#include "cxrelay/target.hpp"

namespace cxrelay::bindings {

void bind_libraries(py::module_& m) {
  m.def("library_versions", &library_versions);
  m.def("second_sqlite", &second_sqlite);
  m.def("region_base_url", &region_base_url, py::arg("region"));
  m.def(
      "url_allowed", [](const std::string& url) { return url_allowed(url); }, py::arg("url"));
}

}  // namespace cxrelay::bindings
