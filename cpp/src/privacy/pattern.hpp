// Where a rule applies: a path as in a mapping's `from`, in which a part may stand for many names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cxrelay::privacy {

// One step on the way from the root to a value.
struct Place {
  std::string_view key;     // of a member
  std::uint32_t index = 0;  // of an element
  bool is_element = false;
};

struct Part {
  enum class Kind : std::uint8_t {
    name,    // this name, or this place in an array
    ending,  // names that end so
    one,     // any one name or place in an array
    many     // any number of them, none too
  };
  Kind kind = Kind::name;
  std::string name = {};                  // folded; kinds name and ending
  std::optional<std::size_t> index = {};  // kind name: the place in an array that it means too

  bool matches(const Place& place) const noexcept;
};

class Pattern {
 public:
  // "a.b", "a.*", "**.b", "*token", or a pointer ("/a/b*") whose parts are names whatever they hold.
  // On a mistake: none, and `problem` says what is wrong.
  static std::optional<Pattern> parse(std::string_view text, std::string& problem);

  // Whether it is one place, not many.
  bool is_exact() const noexcept { return is_exact_; }
  // Never of kind many.
  const Part& last() const noexcept { return parts_.back(); }
  bool matches(std::span<const Place> path) const noexcept;

 private:
  std::vector<Part> parts_;
  bool is_exact_ = true;
};

}  // namespace cxrelay::privacy
