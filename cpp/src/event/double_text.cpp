#include "event/double_text.hpp"

#include <charconv>
#include <cstddef>
#include <string_view>

namespace cxrelay {
namespace {

constexpr int kFirstPlain = -5;
constexpr int kFirstLarge = 16;

struct Decimal {
  bool negative = false;
  std::string text;  // without the point
  int exponent = 0;  // of the first digit
};

// to_chars writes "-d.ddde+XX" with the shortest digits.
Decimal shortest(double value) {
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
  Decimal out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  const std::size_t e = text.find('e');
  out.text = text.substr(0, 1);
  if (e > 2) out.text += text.substr(2, e - 2);
  const std::size_t digits_at = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + digits_at, text.data() + text.size(), out.exponent);
  return out;
}

void append_scientific(std::string& out, const Decimal& digits) {
  out += digits.text[0];
  if (digits.text.size() > 1) out.append(".").append(digits.text, 1);
  out += digits.exponent < 0 ? "e" : "e+";
  out += std::to_string(digits.exponent);
}

void append_plain(std::string& out, const Decimal& digits) {
  if (digits.exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-digits.exponent - 1), '0');
    out += digits.text;
    return;
  }
  const auto whole = static_cast<std::size_t>(digits.exponent) + 1;
  if (digits.text.size() <= whole) {
    out += digits.text;
    out.append(whole - digits.text.size(), '0');
    out += ".0";
  } else {
    out.append(digits.text, 0, whole).append(".").append(digits.text, whole);
  }
}

}  // namespace

void append_double(std::string& out, double value) {
  const Decimal digits = shortest(value);
  if (digits.negative) out += '-';
  const bool is_plain = digits.exponent >= kFirstPlain && digits.exponent < kFirstLarge;
  is_plain ? append_plain(out, digits) : append_scientific(out, digits);
}

}  // namespace cxrelay
