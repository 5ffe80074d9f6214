#include "mapping/letter_case.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>

#include "base/short_text.hpp"
#include "mapping/utf8.hpp"

namespace cxrelay::mapping {
namespace {

// first, first + stride, ... last become themselves plus delta.
struct CaseRange {
  char32_t first;
  char32_t last;
  std::uint32_t stride;
  std::int32_t delta;
};

// One code point that becomes several; unused places are 0.
struct CaseSpecial {
  char32_t from;
  char32_t to[3];
};

struct CodePointRange {
  char32_t first;
  char32_t last;
};

#include "mapping/case_tables.inc"

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kFinalSigma = 0x3C2;

struct CaseTable {
  std::span<const CaseRange> ranges;
  std::span<const CaseSpecial> specials;
};
constexpr CaseTable kUpper{kUpperRanges, kUpperSpecials};
constexpr CaseTable kLower{kLowerRanges, kLowerSpecials};

template <typename Range>
const Range* find_range(std::span<const Range> ranges, char32_t c) {
  const auto at = std::ranges::lower_bound(ranges, c, {}, &Range::last);
  return at != ranges.end() && at->first <= c ? &*at : nullptr;
}

bool contains(std::span<const CodePointRange> ranges, char32_t c) {
  return find_range(ranges, c) != nullptr;
}

void append_mapped(std::string& out, const CaseTable& table, char32_t c) {
  const auto* range = find_range(table.ranges, c);
  if (range && (c - range->first) % range->stride == 0) {
    const auto mapped = static_cast<std::int32_t>(c) + range->delta;
    return append_code_point(out, static_cast<char32_t>(mapped));
  }
  const auto special = std::ranges::lower_bound(table.specials, c, {}, &CaseSpecial::from);
  if (special == table.specials.end() || special->from != c) return append_code_point(out, c);
  for (const char32_t to : special->to) {
    if (to != 0) append_code_point(out, to);
  }
}

// A sigma is final behind a cased letter and not before one; ignorable code points are looked
// through. A capital sigma is itself cased, so each run of ignorables is read at most twice: linear
// in all.
bool is_final_sigma(std::string_view text, std::size_t begin, std::size_t end) {
  char32_t c = 0;
  bool found = false;
  for (std::size_t at = begin; at > 0 && !found;) {
    c = previous_code_point(text, at);
    found = !contains(kSigmaIgnorable, c);
  }
  if (!found || !contains(kSigmaCased, c)) return false;
  for (std::size_t at = end; at < text.size();) {
    c = next_code_point(text, at);
    if (!contains(kSigmaIgnorable, c)) return !contains(kSigmaCased, c);
  }
  return true;
}

// Appends `text` up to about its first byte beyond ASCII with the case from `first` on flipped, and
// returns how many bytes that were. All of `text`, nearly always.
std::size_t append_ascii(std::string& out, std::string_view text, char first) {
  const std::size_t begin = out.size();
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = std::min<std::size_t>(8, text.size() - at);
    auto word = load_bytes(text.data() + at, size, 0);
    if (has_non_ascii(word)) break;
    word = flip_case(word, first);
    out.append(reinterpret_cast<const char*>(&word), sizeof word);
    at += size;
  }
  out.resize(begin + at);
  return at;
}

char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

void append_upper(std::string& out, std::string_view text) {
  for (std::size_t at = append_ascii(out, text, 'a'); at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c < 0x80) {
      out += ascii_upper(static_cast<char>(c));
    } else {
      append_mapped(out, kUpper, c);
    }
  }
}

void append_lower(std::string& out, std::string_view text) {
  for (std::size_t at = append_ascii(out, text, 'A'); at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (c < 0x80) {
      out += ascii_lower(static_cast<char>(c));
    } else if (c == kCapitalSigma) {
      append_code_point(out, is_final_sigma(text, begin, at) ? kFinalSigma : kSmallSigma);
    } else {
      append_mapped(out, kLower, c);
    }
  }
}

}  // namespace cxrelay::mapping
