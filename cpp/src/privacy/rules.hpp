// The rules of a policy as data: read from JSON text, written back to it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cxrelay/privacy.hpp"
#include "privacy/pattern.hpp"

namespace cxrelay::privacy {

struct Rule {
  std::string path;  // as it was written
  Pattern pattern;
  PrivacyAction action = PrivacyAction::keep;
  std::size_t keep_last = 0;  // of a masked text or number: code points that stay
  bool is_default = false;
};

struct Rules {
  std::vector<Rule> own = {};  // by path
  bool defaults = true;
  PrivacyAction default_action = PrivacyAction::keep;
};

// The form that PrivacyPolicy::from_json() describes. Throws ConfigError.
Rules read_rules(std::string_view json);

// One text for equal rules.
std::string write_rules(const Rules& rules);

// The rules that mask secrets.
std::vector<Rule> default_rules();

}  // namespace cxrelay::privacy
