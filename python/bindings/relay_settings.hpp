// From the dict that cxrelay/config.py makes to a RelayConfig.
#pragma once

#include "bindings.hpp"
#include "cxrelay/relay.hpp"

namespace cxrelay::bindings {

// Throws ConfigError for an unknown key or a value of the wrong type. No message holds a value.
RelayConfig read_settings(const py::dict& settings);

}  // namespace cxrelay::bindings
