// What an interaction or contact id may look like.
#pragma once

#include <string_view>

namespace cxrelay {

// [A-Za-z0-9][A-Za-z0-9._~:-]{0,127}: safe in a URL path, a log line and a key, without escaping.
bool is_identifier(std::string_view text) noexcept;

}  // namespace cxrelay
