#include "cxrelay/errors.hpp"
#include "cxrelay/http.hpp"

namespace cxrelay {

HttpReply perform(HttpTransport& transport, HttpRequest request) {
  // Completions of other requests would be lost here.
  if (transport.in_flight() != 0)
    throw Error("perform() needs a transport without requests in flight");
  transport.start(0, std::move(request));
  while (true) {
    std::vector<HttpCompletion> done = transport.wait(std::chrono::seconds(60));
    if (!done.empty()) return std::move(done.front().reply);
  }
}

}  // namespace cxrelay
