// How a payload stands in a line. Its digest is over exact bytes, so these must be recoverable
// exactly.
#pragma once

#include <cstdint>
#include <string_view>

#include "json/document.hpp"

namespace cxrelay {

enum class PayloadForm : std::uint8_t {
  none,       // originalPayload null
  raw,        // originalPayload holds the bytes as they are
  json_text,  // originalPayload holds them minified, originalText holds them as a JSON string
  text,       // not JSON: originalPayload null, originalText holds them
  hex         // not even UTF-8: originalPayload null, originalHex holds them
};

// A line and the payloads in it are read within these limits.
inline constexpr json::ParseLimits kPayloadLimits{
    .max_bytes = 8 * 1024 * 1024, .max_depth = 200, .max_keys = 1'000'000};

// The one form that `payload` has to take. `scratch` is parsed anew.
PayloadForm form_of(std::string_view payload, json::Document& scratch);

}  // namespace cxrelay
