// The shape of the payload: which objects stand around each member, and in what order members are
// written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mapping/output.hpp"
#include "mapping/rule.hpp"

namespace cxrelay::mapping {

// An object of the payload, or one member that a rule writes. The root is group 0 and its own
// parent.
struct Group {
  std::uint32_t parent = 0;
  std::uint32_t depth = 0;
  Piece opening;  // ,"key":{
};

struct Member {
  std::uint32_t group = 0;
  std::uint32_t rule = 0;
  Piece opening;  // ,"key":
};

// Members in the order of the rules, except that an object is written in one piece where it comes
// first.
struct Layout {
  std::vector<Group> groups;
  std::vector<Member> members;
  std::size_t frame_size = 0;  // bytes of a payload with every member, without the values
};

// Throws MappingError if two rules write the same place, or one writes inside what another writes.
Layout make_layout(const std::vector<Rule>& rules);

// Writes members in layout order; objects are opened when their first member comes and never stay
// empty.
class PayloadWriter {
 public:
  PayloadWriter(const Layout& layout, Output& out) : layout_(layout), out_(out) { out_.clear(); }

  // Writes everything that stands before the member's value, and makes room for a value of `size`
  // bytes, which the caller then puts, and for the rest of the frame.
  void begin_member(const Member& member, std::size_t size) {
    out_.room(size + layout_.frame_size + Piece::kBlock);
    if (out_.empty()) out_.put('{');
    enter(member.group);
    open(member.opening);
    is_first_ = false;
  }

  void finish() {
    if (out_.empty()) return;
    enter(0);
    out_.put('}');
  }

 private:
  void enter(std::uint32_t group) {
    if (group != current_) change(group);
  }
  void change(std::uint32_t group);
  // The first member of an object has no comma before it.
  void open(const Piece& opening) { out_.put(opening, is_first_ ? 1 : 0); }

  const Layout& layout_;
  Output& out_;
  std::uint32_t current_ = 0;
  bool is_first_ = true;  // in the object that is open
};

}  // namespace cxrelay::mapping
