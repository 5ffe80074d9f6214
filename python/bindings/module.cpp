// cxrelay._core: the list of what it holds. Each concept is bound in a file of its own.
#include "bindings.hpp"
#include "cxrelay/version.hpp"

PYBIND11_MODULE(_core, m) {
  using namespace cxrelay::bindings;
  m.attr("__version__") = CXRELAY_VERSION;
  bind_errors(m);
  bind_event(m);
  bind_mapping(m);
  bind_privacy(m);
  bind_queue(m);
  bind_audit(m);
  bind_auth(m);
  bind_relay(m);
  bind_libraries(m);
}
