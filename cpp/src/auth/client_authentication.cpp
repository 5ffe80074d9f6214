#include "cxrelay/auth.hpp"
#include "cxrelay/errors.hpp"

namespace cxrelay {

ClientAuthentication parse_client_authentication(std::string_view word) {
  if (word == "body") return ClientAuthentication::body;
  if (word == "basic") return ClientAuthentication::basic;
  throw ConfigError("client_authentication must be \"body\" or \"basic\"");
}

}  // namespace cxrelay
