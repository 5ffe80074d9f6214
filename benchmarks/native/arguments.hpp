// Command lines of the form --name value.
#pragma once

#include <charconv>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

class Arguments {
 public:
  // Throws std::invalid_argument if a name has no value or does not begin with two dashes.
  Arguments(int count, char** values) {
    for (int i = 1; i < count; i += 2) {
      const std::string_view name = values[i];
      if (!name.starts_with("--") || i + 1 == count) {
        throw std::invalid_argument("expected --name value, got " + std::string(name));
      }
      values_.emplace(name.substr(2), values[i + 1]);
    }
  }

  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) throw std::invalid_argument("missing: --" + name);
    return found->second;
  }

  std::size_t number(const std::string& name, std::size_t otherwise) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    const auto& digits = found->second;
    std::size_t value = 0;
    const auto end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, value).ptr != end) {
      throw std::invalid_argument("not a number: --" + name + " " + digits);
    }
    return value;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace bench
