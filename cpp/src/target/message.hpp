// Text that a server sent, made fit for a record and a terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cxrelay/http.hpp"

namespace cxrelay::target {

inline constexpr std::size_t kMaxMessageBytes = 200;

// One line of at most kMaxMessageBytes: control characters, line separators and the marks that turn
// the direction of writing become spaces; cut between characters. `utf8` must be valid UTF-8.
std::string one_line(std::string_view utf8);

// The "message" member of a reply whose body is a JSON object, as one line; otherwise empty.
std::string message_of(const HttpReply& reply);

}  // namespace cxrelay::target
