// Sees, while a line is taken apart, whether it is spelled in the usual way: members without a gap,
// no escape in a key or a text, hexadecimal in small letters. Such a line is the one line of its
// record if its derived members fit, and need not be written anew to be compared. It may say no to a
// line that is right, never yes to one that is not.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "json/document.hpp"

namespace cxrelay {

class LineSpelling {
 public:
  void begin(std::string_view text) noexcept {
    text_ = text;
    end_ = 0;
    is_usual_ = true;
  }

  // The next member. What was parsed as JSON and has room for one character between two tokens has
  // the right one there.
  void member(const json::Node& node) noexcept {
    require(node.key.data() == text_.data() + end_ + 2 && node.begin == end_ + node.key.size() + 4);
    end_ = node.begin + node.size;
  }

  // An escape is always longer than what it stands for. Empty texts are left out of a line.
  void text(const json::Node& node) noexcept {
    require(node.size == node.text.size() + 2 && !node.text.empty());
  }
  // JSON has one other spelling of one integer: -0.
  void integer(const json::Node& node) noexcept { require(node.text != "-0"); }
  // Digits and small letters have a bit that capitals have not.
  void hex(const json::Node& node) noexcept {
    unsigned char bits = 0x20;
    for (const char c : node.text) bits &= static_cast<unsigned char>(c);
    require(bits != 0 && node.size == node.text.size() + 2);
  }
  // A member that follows from the others: a text, or null where there is none.
  void derived(const json::Node& node, std::optional<std::string_view> value) noexcept {
    if (value) {
      require(node.kind == json::Kind::string && node.text == *value);
      text(node);
    } else {
      require(node.kind == json::Kind::null);
    }
  }
  void require(bool condition) noexcept { is_usual_ = is_usual_ && condition; }

  // After the last member.
  bool is_usual() const noexcept { return is_usual_ && end_ + 1 == text_.size(); }

 private:
  std::string_view text_;
  std::size_t end_ = 0;  // of the member before
  bool is_usual_ = false;
};

}  // namespace cxrelay
