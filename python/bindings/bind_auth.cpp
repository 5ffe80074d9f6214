// Tokens for programs that call CXone themselves.
#include "bindings.hpp"
#include "cxrelay/auth.hpp"

namespace cxrelay::bindings {
namespace {

std::unique_ptr<TokenProvider> make_provider(AuthConfig config, const std::string& word,
                                             const std::string& ca_file) {
  config.client_authentication = parse_client_authentication(word);
  HttpOptions http;
  http.ca_file = ca_file;
  return make_client_credentials(
      std::move(config), [http] { return make_curl_transport(http); }, system_clock());
}

}  // namespace

void bind_auth(py::module_& m) {
  const auto release = py::call_guard<py::gil_scoped_release>();
  py::class_<TokenProvider>(m, "TokenProvider")
      .def(py::init([](std::string token_url, std::string client_id, std::string client_secret,
                       std::string scope, const std::string& client_authentication,
                       const std::string& ca_file, std::int64_t timeout_ms) {
             AuthConfig config;
             config.token_url = std::move(token_url);
             config.client_id = std::move(client_id);
             config.client_secret = std::move(client_secret);
             config.scope = std::move(scope);
             config.timeout_ms = timeout_ms;
             return make_provider(std::move(config), client_authentication, ca_file);
           }),
           py::arg("token_url"), py::arg("client_id"), py::arg("client_secret"),
           py::arg("scope") = "", py::arg("client_authentication") = "body",
           py::arg("ca_file") = "", py::arg("timeout_ms") = 15000)
      .def("token", &TokenProvider::token, release)
      .def("reject", &TokenProvider::reject, py::arg("token"), release);
  py::class_<ScopeCheck>(m, "ScopeCheck")
      .def_readonly("reachable", &ScopeCheck::reachable)
      .def_readonly("status", &ScopeCheck::status)
      .def_readonly("scopes", &ScopeCheck::scopes)
      .def_readonly("missing", &ScopeCheck::missing);
}

}  // namespace cxrelay::bindings
