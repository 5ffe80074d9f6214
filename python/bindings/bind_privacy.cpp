// cxrelay.PrivacyPolicy. A key comes in as bytes or as the path of its file, and never goes out.
#include <string>
#include <string_view>
#include <utility>

#include "bindings.hpp"
#include "cxrelay/privacy.hpp"
#include "raw_text.hpp"

namespace cxrelay::bindings {
namespace {

// A key that is in memory no longer than it takes to compile a policy.
class Key {
 public:
  Key(const py::bytes& key, const std::string& file)
      : text_(file.empty() ? std::string(key) : read_privacy_key(file)) {}
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() {
    volatile char* bytes = text_.data();  // volatile: the compiler must not leave it out
    for (std::size_t i = 0; i < text_.size(); ++i) bytes[i] = '\0';
  }
  std::string_view view() const noexcept { return text_; }

 private:
  std::string text_;
};

py::object json_module() { return py::module_::import("json"); }

PrivacyPolicy policy_from_rules(const py::dict& fields, bool defaults,
                                const std::string& default_action, const py::bytes& key,
                                const std::string& key_file) {
  const bool is_default = fields.empty() && defaults && default_action == "keep";
  if (is_default && py::len(key) == 0 && key_file.empty()) return PrivacyPolicy::default_policy();
  py::dict rules;
  rules["fields"] = fields;
  rules["defaults"] = defaults;
  rules["default_action"] = default_action;
  const RawText text(json_module().attr("dumps")(rules));
  return PrivacyPolicy::from_json(text.view(), Key(key, key_file).view());
}

StoredOriginal examine(const PrivacyPolicy& self, const py::object& body) {
  const RawText raw(body);
  const py::gil_scoped_release release;
  return self.apply(raw.view());
}

py::bytes apply_policy(const PrivacyPolicy& self, const py::object& body) {
  return examine(self, body).text;
}

py::object policy_rules(const PrivacyPolicy& self) {
  return json_module().attr("loads")(self.rules_json());
}

std::string policy_repr(const PrivacyPolicy& self) {
  return "<PrivacyPolicy " + self.version() +
         (self.key_id().empty() ? "" : " with key " + self.key_id()) + ">";
}

py::str policy_state(const PrivacyPolicy& self) {
  if (self.key_id().empty()) return self.rules_json();
  throw py::type_error("a PrivacyPolicy with a key cannot be pickled; make it where it is needed");
}

template <std::int64_t PrivacyCounts::*count>
std::int64_t count_of(const StoredOriginal& self) {
  return self.counts.*count;
}

}  // namespace

void bind_privacy(py::module_& m) {
  py::class_<StoredOriginal>(m, "StoredOriginal")
      .def_property_readonly("text",
                             [](const StoredOriginal& self) { return py::bytes(self.text); })
      .def_property_readonly("dropped", &count_of<&PrivacyCounts::dropped>)
      .def_property_readonly("masked", &count_of<&PrivacyCounts::masked>)
      .def_property_readonly("hashed", &count_of<&PrivacyCounts::hashed>);
  py::class_<PrivacyPolicy>(m, "PrivacyPolicy")
      .def_static("default", &PrivacyPolicy::default_policy)
      .def_static("from_rules", &policy_from_rules, py::arg("fields"), py::kw_only(),
                  py::arg("defaults") = true, py::arg("default_action") = "keep",
                  py::arg("key") = py::bytes(), py::arg("key_file") = "")
      .def_static("secret_names", &PrivacyPolicy::secret_names)
      .def("apply", &apply_policy, py::arg("body"), py::pos_only())
      .def("examine", &examine, py::arg("body"), py::pos_only())
      .def_property_readonly("version", &PrivacyPolicy::version)
      .def_property_readonly("key_id", &PrivacyPolicy::key_id)
      .def_property_readonly("rules", &policy_rules)
      .def(
          "__eq__", [](const PrivacyPolicy& a, const PrivacyPolicy& b) { return a == b; },
          py::is_operator())
      .def("__hash__", [](const PrivacyPolicy& self) { return py::hash(py::str(self.version())); })
      .def("__repr__", &policy_repr)
      .def("__copy__", [](const py::object& self) { return self; })
      .def("__deepcopy__", [](const py::object& self, const py::object&) { return self; })
      .def(py::pickle(&policy_state, [](const py::str& rules) {
        return PrivacyPolicy::from_json(rules.cast<std::string>());
      }));
}

}  // namespace cxrelay::bindings
