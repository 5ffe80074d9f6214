// One event's way through a policy: decides about every value and cuts out or replaces its span in the text, so that
// every other byte stays as it came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cxrelay/privacy.hpp"
#include "json/document.hpp"
#include "privacy/pattern.hpp"

namespace cxrelay::privacy {

class Program;
struct Rule;

class Rewriter {
 public:
  Rewriter(const Program& program, const json::Document& event, StoredOriginal& out)
      : program_(program), event_(event), out_(out) {}

  // True if something was changed; then `out` is written.
  bool run();

 private:
  struct Edit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text = {};
  };
  // An array or object that the walk is in.
  struct Open {
    std::uint32_t node = 0;
    std::uint32_t child = 0;       // the next one to look at
    PrivacyAction inherited = {};  // for values in it that no rule means
    bool has_kept = false;         // a child stays
    std::size_t piece_begin = 0;  // where the text of the next child and the comma before it begins
    std::size_t first_edit = 0;   // of the child that is looked at
    std::uint32_t element = 0;
  };

  void open(std::uint32_t node, PrivacyAction inherited);
  void look_at_child();
  void end_child(const json::Node& child, bool is_dropped);
  void close();
  bool act(const json::Node& value, PrivacyAction action, std::size_t keep_last);
  std::string apply_edits() const;

  const Program& program_;
  const json::Document& event_;
  StoredOriginal& out_;
  std::vector<Open> open_;
  std::vector<Place> path_;  // to the child that is looked at
  std::vector<Edit> edits_;  // in the order of the text, none in another
  PrivacyCounts counts_;
};

}  // namespace cxrelay::privacy
