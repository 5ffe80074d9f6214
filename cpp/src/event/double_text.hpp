// Doubles as pydantic 2 writes them to JSON.
#pragma once

#include <string>

namespace cxrelay {

// The shortest digits that read back as `value`, which must be finite. Plain from 1e-5 up to below
// 1e16
// ("100000.0", "0.00001"), with an exponent outside of that ("1e+16", "2.5e-10").
void append_double(std::string& out, double value);

}  // namespace cxrelay
