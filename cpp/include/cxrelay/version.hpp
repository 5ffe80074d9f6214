// The one place where the version stands; the build, the Python package and the CLI read it from here.
#pragma once

#define CXRELAY_VERSION "0.1.0"
